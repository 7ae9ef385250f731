import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../kube/client.ts";
import { Reflector } from "../../kube/reflector.ts";
import { type ApiObject, describe, type ObjectRef } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";

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

  /** Watches these objects, and returns once each has been looked at (or after 5 s, with what is known then). */
  async watch(refs: readonly ObjectRef[]): Promise<void> {
    const fresh = refs.filter((ref) => !this.#watches.has(describe(ref)));
    for (const ref of fresh) this.#start(ref);
    await Promise.race([
      Promise.all(refs.map((ref) => this.#watches.get(describe(ref))?.synced)),
      sleep(5000, undefined, { ref: false }),
    ]);
  }

  /** The object as last seen, or undefined where there is none. */
  get(ref: ObjectRef): ApiObject | undefined {
    return this.#watches.get(describe(ref))?.get(ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name);
  }

  /** The longest silence of a watch, in seconds. */
  get silenceSeconds(): number {
    return Math.max(0, ...[...this.#watches.values()].map((watch) => watch.silenceSeconds));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  #start(ref: ObjectRef): void {
    const reflector = new Reflector<ApiObject>({
      client: this.#client,
      log: this.#log,
      type: ref.type,
      fieldSelector: `metadata.name=${ref.name}`,
      ...(ref.namespace ? { namespace: ref.namespace } : {}),
      project: (object) => ({
        ...object,
        apiVersion: object.apiVersion ?? apiVersionOf(ref),
        kind: ref.type.kind,
      }),
      onChange: () => this.#onChange(),
    });
    this.#watches.set(describe(ref), reflector);
    reflector.start();
  }
}

/** The items of a list carry neither apiVersion nor kind. */
function apiVersionOf({ type }: ObjectRef): string {
  return type.group ? `${type.group}/${type.version}` : type.version;
}
