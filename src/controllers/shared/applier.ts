import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../crds/kube-object.ts";
import type { KubeClient } from "../../kube/client.ts";
import { differs, intentOf } from "../../kube/compare.ts";
import { ApiError } from "../../kube/errors.ts";
import { type ApiObject, apiVersionOf, describe, type ObjectRef, refOf } from "../../kube/resource.ts";
import { isDefinition } from "../../render/definitions.ts";
import { ForeignObject, ObjectReplaced } from "./errors.ts";
import { isAsNew } from "./newest-copies.ts";
import { FIELD_MANAGER, isOwn } from "./ownership.ts";

/** The live objects as last seen. */
export interface LiveObjects {
  get(ref: ObjectRef): ApiObject | undefined;
}

/** How often an object is read again because another has taken its place before it was written. */
const MAX_ATTEMPTS = 5;

/** An empty etcd is at revision 1, so no object has this resource version: as a precondition it holds for none that exists. */
const VERSION_OF_NONE = "1";

/** What was written, and what it changed. */
export interface Written {
  /** The object before, or undefined if there was none. */
  before: ApiObject | undefined;
  after: ApiObject;
  /** Whether just this was in place before, and was changed outside the operator. Undefined if that is not known. */
  isRepair: boolean | undefined;
}

/**
 * Brings single objects to what was rendered, by server-side apply, writing only where a dry run shows a
 * difference. A pair of rendered and live object that was found equal once is not asked about again, so at
 * rest there is no request at all.
 */
export class Applier {
  readonly #client: KubeClient;
  readonly #owned: LiveObjects;
  readonly #equal = new Map<string, string>();
  /** The answer to the last write of each object: newer than the copy for a moment, or for as long as the watch hangs. */
  readonly #written = new Map<string, ApiObject>();
  /** Of each object, a digest of what it was brought to last. */
  readonly #inPlace = new Map<string, string>();

  constructor(client: KubeClient, owned: LiveObjects) {
    this.#client = client;
    this.#owned = owned;
  }

  /**
   * What was written, or undefined if nothing had to be. Throws a ForeignObject if the object exists and is not this
   * operator's, except with `adopt`: then fields of other managers are taken over. Throws an ObjectReplaced if it is
   * deleted and created again all the time.
   */
  async apply(object: KubeObject, signal: AbortSignal, adopt = false): Promise<Written | undefined> {
    const ref = refOf(object);
    const cached = this.#newest(ref);
    if (cached && this.#isKnownEqual(object, cached)) return undefined;
    // What is in place exists, most likely: the watch does not show it yet, or hangs. What was deleted here is not.
    const isKnown = cached !== undefined || this.#inPlace.has(describe(ref));
    const created = isKnown ? undefined : await this.#create(object, { signal });
    if (created) return this.#wrote(object, undefined, created);
    // What the copy does not have may exist all the same: nothing is taken over by force unseen.
    let live = cached ?? (await this.#read(ref, signal));
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const written = await this.#applyTo(live, object, signal, adopt);
      if (written !== "Replaced") return written;
      live = await this.#read(ref, signal);
    }
    throw new ObjectReplaced(ref, MAX_ATTEMPTS);
  }

  /** "Replaced", and nothing is written, if another object has taken the place of `live`. */
  async #applyTo(
    live: ApiObject | undefined,
    object: KubeObject,
    signal: AbortSignal,
    adopt: boolean,
  ): Promise<Written | "Replaced" | undefined> {
    if (live && isForeignDefinition(object, live)) return undefined;
    if (live && !isOwn(live) && !adopt) throw new ForeignObject(live);
    if (live) {
      const answer = await this.#dryRun(object, signal);
      if (!isSameObject(live, answer)) return "Replaced";
      if (!differs(live, answer)) {
        this.#remember(object, live);
        return undefined;
      }
    }
    const written = await this.#write(object, live, signal);
    if (!written) return "Replaced";
    return this.#wrote(object, live, written);
  }

  /**
   * Takes fields over from others only in the very object that was compared: one that appeared, or took its place, a moment
   * ago is not the operator's. Undefined, and nothing is written, if another object has taken the place of `live`.
   */
  async #write(
    object: KubeObject,
    live: ApiObject | undefined,
    signal: AbortSignal,
  ): Promise<ApiObject | undefined> {
    const uid = live?.metadata.uid;
    const metadata = { ...object.metadata, ...(uid ? { uid } : {}) };
    const options = { fieldManager: FIELD_MANAGER, force: live !== undefined, signal };
    try {
      return await this.#client.apply<ApiObject>(refOf(object), { ...object, metadata }, options);
    } catch (error) {
      if (error instanceof ApiError && error.causes.some(({ field }) => field === "metadata.uid"))
        return undefined;
      throw error;
    }
  }

  #wrote(object: KubeObject, before: ApiObject | undefined, after: ApiObject): Written {
    const name = describe(refOf(object));
    const inPlace = this.#inPlace.get(name);
    this.#remember(object, after);
    this.#written.set(name, after);
    return { before, after, isRepair: inPlace === undefined ? undefined : inPlace === digest(object) };
  }

  /**
   * Asks the API server whether it would take the object, and writes nothing. Throws what the write would throw.
   */
  async rehearse(object: KubeObject, signal: AbortSignal): Promise<void> {
    const live = this.#newest(refOf(object));
    if (live && (this.#isKnownEqual(object, live) || isForeignDefinition(object, live))) return;
    await this.#dryRun(object, signal);
  }

  /**
   * The same for an object that the watch does not show, before it is created. Returns the object if it exists all the
   * same.
   */
  async rehearseCreation(object: KubeObject, signal: AbortSignal): Promise<ApiObject | undefined> {
    if (await this.#create(object, { signal, dryRun: true })) return undefined;
    const live = await this.#read(refOf(object), signal);
    if (!live) await this.#dryRun(object, signal);
    return live;
  }

  /** Whether an apply would change the pod template of a DaemonSet that exists, and so restart its pods. */
  async changesTemplate(daemonSet: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#newest(refOf(daemonSet));
    if (!live || this.#isKnownEqual(daemonSet, live)) return false;
    const answer = await this.#dryRun(daemonSet, signal);
    return !isDeepStrictEqual(templateOf(live), templateOf(answer));
  }

  /** The operator deletes the object itself: when it is created again, that is not a repair. */
  forget(ref: ObjectRef): void {
    this.#inPlace.delete(describe(ref));
    this.#equal.delete(describe(ref));
  }

  /** Whether an apply would write something; nothing is written. */
  async isDifferent(object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#newest(refOf(object));
    if (!live) return true;
    if (isForeignDefinition(object, live)) return false;
    if (this.#isKnownEqual(object, live)) return false;
    const answer = await this.#dryRun(object, signal);
    const different = !isSameObject(live, answer) || differs(live, answer);
    if (!different) this.#remember(object, live);
    return different;
  }

  /**
   * Whether the live copy is at least as new as what was written last: an older one shows a rollout that
   * is over.
   */
  hasSeenWrite(ref: ObjectRef, live: ApiObject): boolean {
    const written = this.#written.get(describe(ref));
    return written === undefined || isAsNew(live, written);
  }

  /**
   * The copy, or what was written since: compared with a copy from before it, a write would be repeated each time until
   * the watch shows it. Of an object that the watch does not show, nothing is assumed.
   */
  #newest(ref: ObjectRef): ApiObject | undefined {
    const seen = this.#owned.get(ref);
    return seen && !this.hasSeenWrite(ref, seen) ? this.#written.get(describe(ref)) : seen;
  }

  /**
   * One request that creates the object and is rejected if it exists. Undefined if it does, or if a future API server does
   * not create an object that has a resource version; 1.30 to 1.36 do (Store.Update of k8s.io/apiserver).
   */
  async #create(
    object: KubeObject,
    options: { signal: AbortSignal; dryRun?: true },
  ): Promise<ApiObject | undefined> {
    const metadata = { ...object.metadata, resourceVersion: VERSION_OF_NONE };
    try {
      return await this.#client.apply<ApiObject>(
        refOf(object),
        { ...object, metadata },
        { fieldManager: FIELD_MANAGER, ...options },
      );
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return undefined;
      throw error;
    }
  }

  /** The object as the API server has it. By a list: who may watch an object by its name needs no other right for that. */
  async #read({ type, namespace, name }: ObjectRef, signal: AbortSignal): Promise<ApiObject | undefined> {
    const { items } = await this.#client.list<ApiObject>(type, {
      ...(namespace ? { namespace } : {}),
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    const [found] = items;
    // The items of a list have neither.
    return found && { ...found, apiVersion: apiVersionOf(type), kind: type.kind };
  }

  async #dryRun(object: KubeObject, signal: AbortSignal): Promise<ApiObject> {
    return await this.#client.apply<ApiObject>(refOf(object), object, {
      fieldManager: FIELD_MANAGER,
      force: true,
      dryRun: true,
      signal,
    });
  }

  #isKnownEqual(object: KubeObject, live: ApiObject): boolean {
    return this.#equal.get(describe(refOf(object))) === fingerprint(object, live);
  }

  #remember(object: KubeObject, live: ApiObject): void {
    this.#equal.set(describe(refOf(object)), fingerprint(object, live));
    // Of an object that is ending, what `forget` was called for stays forgotten.
    if (!live.metadata.deletionTimestamp) this.#inPlace.set(describe(refOf(object)), digest(object));
  }
}

/**
 * Whether a dry run answered about the object of the copy. It did not if the object was deleted since, and the watch has
 * not shown it yet: the answer has the UID of what the apply would create, or of what was created in its place.
 */
function isSameObject(live: ApiObject, answer: ApiObject): boolean {
  return live.metadata.uid === answer.metadata.uid;
}

/**
 * A CRD of networks or pools that was installed otherwise serves as well, and stays as it is: to take it over could be rejected,
 * and whoever deletes it deletes every NAD or pool of the cluster.
 */
function isForeignDefinition(object: KubeObject, live: ApiObject): boolean {
  return isDefinition(object.metadata.name) && !isOwn(live);
}

/** spec.template of a DaemonSet. */
export function templateOf({ spec }: { [field: string]: unknown }): unknown {
  return typeof spec === "object" && spec !== null ? (spec as { template?: unknown }).template : undefined;
}

function fingerprint(object: KubeObject, live: ApiObject): string {
  return digest([object, intentOf(live)]);
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64");
}
