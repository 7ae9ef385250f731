import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../crds/kube-object.ts";
import type { KubeClient } from "../../kube/client.ts";
import { differs, intentOf } from "../../kube/compare.ts";
import { type ApiObject, describe, type ObjectRef, refOf } from "../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import { INSTALL, MANAGED_BY, MANAGER } from "../../render/labels.ts";

/** The live objects as last seen. */
export interface LiveObjects {
  get(ref: ObjectRef): ApiObject | undefined;
}

export const FIELD_MANAGER = "multus-operator";

/**
 * Brings single objects to what was rendered, by server-side apply, writing only where a dry run shows a
 * difference. A pair of rendered and live object that was found equal once is not asked about again, so at
 * rest there is no request at all.
 */
export class Applier {
  readonly #client: KubeClient;
  readonly #owned: LiveObjects;
  readonly #equal = new Map<string, string>();
  readonly #written = new Map<string, string>();

  constructor(client: KubeClient, owned: LiveObjects) {
    this.#client = client;
    this.#owned = owned;
  }

  /**
   * True when the object was written. Throws an ApiError with causes when the object exists, is not this
   * operator's, and other field managers hold fields of it (409): those are not taken over silently, but with
   * `adopt`.
   */
  async apply(object: KubeObject, signal: AbortSignal, adopt = false): Promise<boolean> {
    const cached = this.#owned.get(refOf(object));
    if (cached && this.#isKnownEqual(object, cached)) return false;
    // What the copy does not have may exist all the same: nothing is taken over by force unseen.
    const live = cached ?? (await this.#client.get<ApiObject>(refOf(object), { signal }));
    if (live && isForeignDefinition(object, live)) return false;
    const force = adopt || live === undefined || isOwn(live, object);
    if (live && !(await this.#wouldChange(object, live, force, signal))) {
      this.#remember(object, live);
      return false;
    }
    const written = await this.#client.apply<ApiObject>(refOf(object), object, {
      fieldManager: FIELD_MANAGER,
      force,
      signal,
    });
    this.#remember(object, written);
    this.#written.set(describe(refOf(object)), written.metadata.resourceVersion ?? "0");
    return true;
  }

  /** Whether an apply would change the pod template of a DaemonSet that exists, and so restart its pods. */
  async changesTemplate(daemonSet: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#owned.get(refOf(daemonSet));
    if (!live || this.#isKnownEqual(daemonSet, live)) return false;
    const answer = await this.#client.apply<ApiObject>(refOf(daemonSet), daemonSet, {
      fieldManager: FIELD_MANAGER,
      force: true,
      dryRun: true,
      signal,
    });
    return !isDeepStrictEqual(templateOf(live), templateOf(answer));
  }

  /** Whether an apply would write something; nothing is written. */
  async isDifferent(object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#owned.get(refOf(object));
    if (!live) return true;
    if (isForeignDefinition(object, live)) return false;
    if (this.#isKnownEqual(object, live)) return false;
    const different = await this.#wouldChange(object, live, true, signal);
    if (!different) this.#remember(object, live);
    return different;
  }

  /**
   * Whether the live copy is at least as new as what was written last: an older one tells of a rollout that
   * is over. Resource versions of one kind are integers that grow (KEP-5504).
   */
  hasSeenWrite(ref: ObjectRef, live: ApiObject): boolean {
    return BigInt(live.metadata.resourceVersion ?? "0") >= BigInt(this.#written.get(describe(ref)) ?? "0");
  }

  async #wouldChange(
    object: KubeObject,
    live: ApiObject,
    force: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const answer = await this.#client.apply<ApiObject>(refOf(object), object, {
      fieldManager: FIELD_MANAGER,
      force,
      dryRun: true,
      signal,
    });
    return differs(live, answer);
  }

  #isKnownEqual(object: KubeObject, live: ApiObject): boolean {
    return this.#equal.get(describe(refOf(object))) === fingerprint(object, live);
  }

  #remember(object: KubeObject, live: ApiObject): void {
    this.#equal.set(describe(refOf(object)), fingerprint(object, live));
  }
}

/**
 * A NAD CRD that somebody else installed serves as well, and stays as it is: to take it over could be refused,
 * and whoever deletes it deletes every NAD of the cluster.
 */
function isForeignDefinition(object: KubeObject, live: ApiObject): boolean {
  return object.metadata.name === NETWORK_DEFINITION && !isOwn(live);
}

/** An object carries the operator's labels once it was applied; before that it may be somebody else's. */
export function isOwn(live: ApiObject, rendered?: KubeObject): boolean {
  const labels = live.metadata.labels ?? {};
  if (labels[MANAGED_BY] !== MANAGER) return managedByUs(live);
  return (
    rendered === undefined || labels[INSTALL] === rendered.metadata.labels?.[INSTALL] || managedByUs(live)
  );
}

/** Labels can be stripped; the record of what this manager applied cannot be without the API server's help. */
function managedByUs(live: ApiObject): boolean {
  const entries = live.metadata.managedFields;
  return (
    Array.isArray(entries) &&
    entries.some((entry) => entry?.manager === FIELD_MANAGER && entry?.operation === "Apply")
  );
}

/** spec.template of a DaemonSet. */
export function templateOf({ spec }: { [field: string]: unknown }): unknown {
  return typeof spec === "object" && spec !== null ? (spec as { template?: unknown }).template : undefined;
}

function fingerprint(object: KubeObject, live: ApiObject): string {
  return createHash("sha256")
    .update(JSON.stringify([object, intentOf(live)]))
    .digest("base64");
}
