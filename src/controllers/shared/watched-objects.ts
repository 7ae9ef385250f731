import type { KubeClient } from "../../kube/client.ts";
import { NotSynced } from "../../kube/errors.ts";
import { type ApiObject, apiVersionOf, describe, type ObjectRef } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { synced } from "./synced.ts";

/**
 * The live copies of the objects that an install owns, each watched by its name: so the operator's role can
 * be held to those names, and an object that lost its labels is still seen.
 */
export class OwnedObjects {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, Reflector<ApiObject>>();

  constructor(client: KubeClient, log: Logger, onChange: () => void) {
    this.#client = client;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Watches these objects from now on, and returns when it is known of each whether it exists. Throws a NotSynced. */
  async watch(refs: readonly ObjectRef[], signal: AbortSignal): Promise<void> {
    await synced(
      refs.map((ref) => this.#watchOf(ref)),
      signal,
    );
  }

  /** Follows their changes from now on, without a wait: for whoever asks the API server itself. */
  follow(refs: readonly ObjectRef[]): void {
    for (const ref of refs) this.#watchOf(ref);
  }

  /** The object as last seen, or undefined if there is none. Throws a NotSynced for one that was not looked for yet. */
  get(ref: ObjectRef): ApiObject | undefined {
    const watch = this.#watches.get(describe(ref));
    if (!watch?.isListed) throw new NotSynced(describe(ref), "TimedOut");
    return watch.get(ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  #watchOf(ref: ObjectRef): Reflector<ApiObject> {
    const known = this.#watches.get(describe(ref));
    if (known) return known;
    const reflector = new Reflector<ApiObject>({
      client: this.#client,
      log: this.#log,
      type: ref.type,
      fieldSelector: `metadata.name=${ref.name}`,
      ...(ref.namespace ? { namespace: ref.namespace } : {}),
      // The items of a list carry neither.
      project: (object) => ({
        ...object,
        apiVersion: object.apiVersion ?? apiVersionOf(ref.type),
        kind: ref.type.kind,
      }),
      onChange: () => this.#onChange(),
      onSync: () => this.#onChange(),
    });
    this.#watches.set(describe(ref), reflector);
    reflector.start();
    return reflector;
  }
}
