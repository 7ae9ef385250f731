import type { Logger } from "../../telemetry/logger.ts";
import type { KubeClient } from "../client.ts";
import { ApiError, HistoryReplaced } from "../errors.ts";
import { microTime } from "../micro-time.ts";
import { type ApiObject, describe, LEASES, type ObjectRef } from "../resource.ts";
import { type Lease, lease } from "./lease.ts";
import { LeaseObservation } from "./lease-observation.ts";
import { LeaseWatch } from "./lease-watch.ts";

export interface LeaderElectionOptions {
  client: KubeClient;
  log: Logger;
  namespace: string;
  name: string;
  /** Unique to this process: two of one name would both think that they lead. */
  identity: string;
  /** How long a leader that is not heard of stays leader, s. */
  leaseSeconds?: number;
  /** How long a leader goes on without having renewed, s; less than leaseSeconds, so that two never lead at once. */
  renewDeadlineSeconds?: number;
  retrySeconds?: number;
}

/** A stopping process waits no longer for the API server to take the lease back, ms. */
const RELEASE_TIMEOUT_MS = 5000;

/** What to do with a lease that was read; undefined if there is none. Whether this process holds it then. */
type LeaseStep = (current: Lease | undefined, signal: AbortSignal) => Promise<boolean>;

/**
 * Leadership by a Lease, after client-go's leaderelection: a candidate takes the lease when it is free or
 * when it has seen no change of it for its whole duration, by its own clock, since clocks of machines differ.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #ref: ObjectRef;
  readonly #stop = new AbortController();
  readonly #observation = new LeaseObservation();
  /** Who held the lease when it was last read or written; "" if it was free. */
  #holder = "";
  /** The newest resource version of the lease that the API server has answered. */
  #version = 0n;
  #leading = false;
  /** When the last renewal that succeeded was sent, ms: others count from later, when they see it. */
  #renewedAt = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2, ...options };
    this.#ref = { type: LEASES, namespace: options.namespace, name: options.name };
  }

  /** False also while the last renewal is too old: a process that was paused may have been replaced meanwhile. */
  get isLeading(): boolean {
    return this.#leading && performance.now() - this.#renewedAt < this.#options.leaseSeconds * 1000;
  }

  /** Resolves when this process leads. Throws when it was stopped before, and a HistoryReplaced. */
  async acquire(): Promise<void> {
    const { log, identity, retrySeconds, renewDeadlineSeconds } = this.#options;
    log.info({ identity, lease: this.#options.name }, "waiting to become the leader");
    const given = new LeaseWatch(this.#options, (holder) => holder === "");
    try {
      for (;;) {
        if (await this.#attempt((...read) => this.#take(...read), renewDeadlineSeconds * 1000)) break;
        await given.wait(retrySeconds * 1000 * (1 + 0.2 * Math.random()), this.#stop.signal);
      }
    } finally {
      await given.stop();
    }
    this.#stop.signal.throwIfAborted(); // release() gives up what was taken
    this.#leading = true;
    log.info({ identity }, "leading");
  }

  /**
   * Renews until another has the lease, and resolves then; a process that has lost it must write nothing more.
   * An API server that hangs or is away does not hold it up: what is not renewed by the deadline is not led until
   * it is renewed again, which succeeds only if no other has led meanwhile. An outage thus costs no restart. A lease that is
   * deleted, or taken by another, is renewed or lost at once: until then this process would write next to its successor.
   * Throws a HistoryReplaced if etcd was restored.
   */
  async hold(): Promise<void> {
    const { identity } = this.#options;
    const change = new LeaseWatch(this.#options, (holder) => holder !== identity);
    try {
      await this.#renewUntilLost(change);
    } finally {
      await change.stop();
    }
  }

  async #renewUntilLost(change: LeaseWatch): Promise<void> {
    const { retrySeconds, renewDeadlineSeconds, log } = this.#options;
    const left = () => this.#renewedAt + renewDeadlineSeconds * 1000 - performance.now();
    for (;;) {
      await change.wait(retrySeconds * 1000, this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) return;
      const ms = left() > 0 ? left() : renewDeadlineSeconds * 1000;
      const renewed = await this.#attempt((...read) => this.#renew(...read), ms);
      if (this.#stop.signal.aborted) return;
      if (renewed) this.#resume();
      else if (!this.#isHolder) break;
      else if (left() <= 0) this.#pause();
    }
    this.#leading = false;
    log.error("the lease was lost");
  }

  #resume(): void {
    if (!this.#leading)
      this.#options.log.info("the lease is renewed again; no other replica was the leader in the meantime");
    this.#leading = true;
  }

  #pause(): void {
    if (this.#leading)
      this.#options.log.warn("the lease could not be renewed in time; nothing is written until it is");
    this.#leading = false;
  }

  /** Gives the lease up, so that another leads at once. Throws where the API server did not take it. */
  async release(): Promise<void> {
    this.#stop.abort();
    this.#leading = false;
    await this.#running.catch(() => {}); // an attempt under way may still take the lease
    const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
    const current = await this.#read(signal);
    if (current?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...current.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    await this.#replace({ ...current, spec }, signal);
  }

  get #isHolder(): boolean {
    return this.#holder === this.#options.identity;
  }

  /** Reads the lease and takes or renews it. False if another has it, or the API server did not answer within `ms`. */
  async #attempt(step: LeaseStep, ms: number): Promise<boolean> {
    const sent = performance.now();
    const timeout = AbortSignal.timeout(Math.max(1, Math.round(ms)));
    const attempt = this.#tryOnce(step, AbortSignal.any([this.#stop.signal, timeout]));
    this.#running = attempt;
    const succeeded = await attempt;
    if (succeeded) this.#renewedAt = sent;
    return succeeded;
  }

  async #tryOnce(step: LeaseStep, signal: AbortSignal): Promise<boolean> {
    try {
      const current = await this.#read(signal);
      this.#observation.answered();
      if (current) this.#saw(current);
      if (current) this.#holder = current.spec.holderIdentity ?? "";
      return await step(current, signal);
    } catch (error) {
      if (error instanceof HistoryReplaced) {
        this.#leading = false;
        throw error;
      }
      this.#observation.failed(error);
      const lostRace = error instanceof ApiError && error.status === 409;
      this.#options.log[lostRace ? "debug" : "warn"](
        { err: error },
        "the lease could not be acquired or renewed",
      );
      return false;
    }
  }

  /** Takes a lease that is free, or that its holder let expire. */
  async #take(current: Lease | undefined, signal: AbortSignal): Promise<boolean> {
    if (current && this.#holder !== "" && !this.#isHolder) {
      const { renewTime, leaseDurationSeconds } = current.spec;
      this.#observation.saw({
        holder: this.#holder,
        renewTime: `${renewTime}`,
        durationSeconds: leaseDurationSeconds ?? this.#options.leaseSeconds,
      });
      if (!this.#observation.isExpired) return false;
    }
    await this.#write(current, signal);
    return true;
  }

  /** Renews only what is still this process' own, or was deleted: no lease that another had meanwhile. */
  async #renew(current: Lease | undefined, signal: AbortSignal): Promise<boolean> {
    if (current && !this.#isHolder) return false;
    await this.#write(current, signal);
    return true;
  }

  /** Writes this process into the lease. Throws if another did meanwhile. */
  async #write(current: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { identity, leaseSeconds } = this.#options;
    const now = microTime(new Date());
    const spec = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: now };
    if (current) {
      const isNew = !this.#isHolder;
      const changed = {
        ...current.spec,
        ...spec,
        acquireTime: isNew ? now : (current.spec.acquireTime ?? now),
        leaseTransitions: (current.spec.leaseTransitions ?? 0) + (isNew ? 1 : 0),
      };
      await this.#replace({ ...current, spec: changed }, signal);
    } else {
      const created = this.#object({ spec: { ...spec, acquireTime: now, leaseTransitions: 0 } });
      this.#saw(lease.parse(await this.#options.client.create(LEASES, created, { signal })));
    }
    this.#holder = identity;
  }

  /**
   * Each replica asks for the lease every few seconds, and each leader writes it: so it shows that resource versions went
   * back. A watch does not, it is silent until they have caught up (kubernetes #107457).
   */
  #saw({ metadata }: Lease): void {
    const version = BigInt(metadata.resourceVersion ?? "0");
    if (version < this.#version) throw new HistoryReplaced(describe(this.#ref), this.#version, version);
    this.#version = version;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const found = await this.#options.client.get(this.#ref, { signal });
    return found && lease.parse(found);
  }

  /** With the resourceVersion that was read: of two candidates one fails (409). */
  async #replace(changed: Lease, signal: AbortSignal): Promise<void> {
    await this.#options.client.replace(this.#ref, changed as unknown as ApiObject, { signal });
  }

  #object(parts: object): ApiObject {
    const { name, namespace } = this.#options;
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace }, ...parts };
  }
}
