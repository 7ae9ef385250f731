import { createHash } from "node:crypto";
import type { KubeObject } from "../../crds/kube-object.ts";
import type { KubeClient } from "../../kube/client.ts";
import { differs, intentOf } from "../../kube/compare.ts";
import { type ApiObject, describe, refOf } from "../../kube/resource.ts";
import { INSTALL, MANAGED_BY, MANAGER } from "../../render/labels.ts";
import type { OwnedObjects } from "./owned-objects.ts";

export const FIELD_MANAGER = "multus-operator";

/**
 * Brings single objects to what was rendered, by server-side apply, writing only where a dry run shows a
 * difference. A pair of rendered and live object that was found equal once is not asked about again, so at
 * rest there is no request at all.
 */
export class Applier {
  readonly #client: KubeClient;
  readonly #owned: OwnedObjects;
  readonly #equal = new Map<string, string>();

  constructor(client: KubeClient, owned: OwnedObjects) {
    this.#client = client;
    this.#owned = owned;
  }

  /**
   * True when the object was written. Throws an ApiError with causes when the object exists, is not this
   * operator's, and other field managers hold fields of it (409): those are not taken over silently.
   */
  async apply(object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#owned.get(refOf(object));
    if (live && this.#isKnownEqual(object, live)) return false;
    const force = live === undefined || isOwn(live, object);
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
    return true;
  }

  /** Whether an apply would write something; nothing is written. */
  async isDifferent(object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const live = this.#owned.get(refOf(object));
    if (!live) return true;
    if (this.#isKnownEqual(object, live)) return false;
    const different = await this.#wouldChange(object, live, true, signal);
    if (!different) this.#remember(object, live);
    return different;
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

function fingerprint(object: KubeObject, live: ApiObject): string {
  return createHash("sha256")
    .update(JSON.stringify([object, intentOf(live)]))
    .digest("base64");
}
