import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../telemetry/logger.ts";
import type { KubeClient } from "../client.ts";
import { LEASES } from "../resource.ts";
import { Reflector } from "../watch/reflector.ts";
import { lease } from "./lease.ts";

/**
 * Watches the lease, so that a candidate takes over at once from a leader that gives it up, and a leader finds out at once
 * that it has lost it, and not at the next try. Without the watch (a role that lacks it, an API server that is away) the
 * tries go on as before.
 */
export class LeaseWatch {
  readonly #watch: Reflector<string>;
  #seen = new AbortController();

  /** @param isAwaited whether `wait` ends once this process has the lease; "" if it is free, or gone */
  constructor(
    {
      client,
      log,
      namespace,
      name,
    }: {
      client: KubeClient;
      log: Logger;
      namespace: string;
      name: string;
    },
    isAwaited: (holder: string) => boolean,
  ) {
    this.#watch = new Reflector<string>({
      client,
      log,
      type: LEASES,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      project: (object) => lease.parse(object).spec.holderIdentity ?? "",
      onChange: (_, holder = "") => {
        if (isAwaited(holder)) this.#seen.abort();
      },
      // Deleted before the first list: there is no change to report.
      onSync: () => {
        if (this.#watch.isSynced && this.#watch.size === 0 && isAwaited("")) this.#seen.abort();
      },
    });
  }

  /** Resolves after `ms`, or as soon as a holder that is awaited was seen since the last call. Throws when `signal` ends it. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#watch.start();
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, this.#seen.signal]) }).catch(() => {});
    signal.throwIfAborted();
    this.#seen = new AbortController();
  }

  /** Ends the watch. */
  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
