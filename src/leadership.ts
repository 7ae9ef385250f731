import { CERTIFICATES } from "./admission/names.ts";
import { LostLease } from "./errors.ts";
import type { KubeClient, RequestInfo } from "./kube/client.ts";
import { LeaderElection } from "./kube/leader-election/leader-election.ts";
import type { Logger } from "./telemetry/logger.ts";

interface LeadershipOptions {
  client: KubeClient;
  log: Logger;
  /** The Lease's name. */
  name: string;
  /** Where the Lease is; undefined leads without one. */
  leaseNamespace: string | undefined;
  /** The operator's own. */
  namespace: string;
  /** This replica's. */
  identity: string;
}

/**
 * Of all replicas one leads and writes. One that loses the lease writes nothing from then on, and ends: `lead`
 * and its next write throw LostLease. LeaderElection (src/kube/leader-election) finds out who holds the Lease.
 */
export class Leadership {
  readonly #log: Logger;
  readonly #namespace: string;
  readonly #election: LeaderElection | undefined;
  #leads = false;
  #ending = false;

  constructor({ client, log, name, leaseNamespace, namespace, identity }: LeadershipOptions) {
    this.#log = log;
    this.#namespace = namespace;
    if (leaseNamespace !== undefined)
      this.#election = new LeaderElection({ client, log, namespace: leaseNamespace, name, identity });
  }

  /** Whether this replica may write now. */
  get leads(): boolean {
    return this.#leads && (this.#election?.isLeading ?? true);
  }

  /**
   * Runs `work` once this replica leads. Resolves after `end`, or with `work` if there is no Lease. Throws a
   * LostLease when another replica has taken the lease.
   */
  async lead(work: () => Promise<unknown>): Promise<void> {
    await this.#election?.acquire();
    this.#leads = true;
    if (!this.#election) {
      await work();
      return;
    }
    // Renewed from the first moment: the first lists may take longer than the lease lasts.
    const held = this.#election.hold();
    await Promise.race([work(), held]);
    await held;
    if (!this.#ending) throw new LostLease();
  }

  /**
   * To be called before each request, and again before its first byte is sent: throws a LostLease if it writes and this
   * replica does not lead. A process that was frozen finds out by the clock, before its next write, that another may lead by
   * now, also if it was frozen while the connection was opened.
   */
  assertMayWrite({ method, path }: RequestInfo): void {
    if (method === "GET" || !this.#election || this.#election.isLeading) return;
    if (path.startsWith("/apis/coordination.k8s.io/")) return;
    // Each replica publishes its own certificate.
    if (path === `/api/v1/namespaces/${this.#namespace}/configmaps/${CERTIFICATES}`) return;
    throw new LostLease();
  }

  /** Stops what only the leader does, with `stopWork`, and gives the lease up, also if that fails: then throws its error. */
  async end(stopWork: () => Promise<unknown>): Promise<void> {
    this.#ending = true;
    try {
      await stopWork();
    } finally {
      this.#leads = false;
      await this.#election?.release().catch((error: unknown) => {
        this.#log.warn({ err: error }, "the lease could not be released; it expires automatically");
      });
    }
  }
}
