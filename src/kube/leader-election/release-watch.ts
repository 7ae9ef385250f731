import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../telemetry/logger.ts";
import type { KubeClient } from "../client.ts";
import { LEASES } from "../resource.ts";
import { Reflector } from "../watch/reflector.ts";
import { lease } from "./lease.ts";

/**
 * Watches the lease while another holds it, so that a leader that gives it up is followed at once and not at
 * the next try. Without the watch (a role that lacks it, an API server that is away) the tries go on as before.
 */
export class ReleaseWatch {
  readonly #watch: Reflector<string>;
  #given = new AbortController();

  constructor({
    client,
    log,
    namespace,
    name,
  }: {
    client: KubeClient;
    log: Logger;
    namespace: string;
    name: string;
  }) {
    this.#watch = new Reflector<string>({
      client,
      log,
      type: LEASES,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      project: (object) => lease.parse(object).spec.holderIdentity ?? "",
      onChange: (_, holder) => {
        if (!holder) this.#given.abort();
      },
    });
  }

  /** Resolves after `ms`, or as soon as the lease is free or gone. Throws when `signal` ends it. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#watch.start();
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, this.#given.signal]) }).catch(() => {});
    signal.throwIfAborted();
    this.#given = new AbortController();
  }

  /** Ends the watch. */
  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
