import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Logger } from "../telemetry/logger.ts";
import type { KubeClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import { microTime } from "./micro-time.ts";
import { type ApiObject, LEASES, type ObjectRef } from "./resource.ts";
import { Reflector } from "./watch/reflector.ts";

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

const lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      leaseTransitions: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
    })
    .prefault({}),
});

/**
 * Leadership by a Lease, after client-go's leaderelection: a candidate takes the lease when it is free or
 * when it has seen no change of it for its whole duration, by its own clock, since clocks of machines differ.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #ref: ObjectRef;
  readonly #stop = new AbortController();
  #seen: { renewal: string; at: number; duration: number } | undefined;
  #leading = false;
  /** When the last renewal that succeeded was sent, ms: others count from later, when they see it. */
  #renewedAt = 0;
  #running: Promise<unknown> = Promise.resolve();
  /** When the lease was last read, and whether an attempt to read it has failed since. */
  #readAt = 0;
  #unanswered = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2, ...options };
    this.#ref = { type: LEASES, namespace: options.namespace, name: options.name };
  }

  /** False also while the last renewal is too old: a process that was paused may have been replaced meanwhile. */
  get isLeading(): boolean {
    return this.#leading && performance.now() - this.#renewedAt < this.#options.leaseSeconds * 1000;
  }

  /** Resolves when this process leads. Throws when it was stopped before. */
  async acquire(): Promise<void> {
    const { log, identity, retrySeconds, renewDeadlineSeconds } = this.#options;
    log.info({ identity, lease: this.#options.name }, "waiting to become the leader");
    const given = new ReleaseWatch(this.#options);
    try {
      for (;;) {
        if (await this.#attempt(renewDeadlineSeconds * 1000)) break;
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
   * it is renewed again, which succeeds only if no other has led meanwhile. An outage thus costs no restart.
   */
  async hold(): Promise<void> {
    const { retrySeconds, renewDeadlineSeconds, log } = this.#options;
    const left = () => this.#renewedAt + renewDeadlineSeconds * 1000 - performance.now();
    for (;;) {
      await sleep(retrySeconds * 1000, undefined, { signal: this.#stop.signal }).catch(() => {});
      if (this.#stop.signal.aborted) return;
      const renewed = await this.#attempt(left() > 0 ? left() : renewDeadlineSeconds * 1000, true);
      if (this.#stop.signal.aborted) return;
      if (renewed && !this.#leading)
        log.info("the lease is renewed again; no other replica was the leader in the meantime");
      if (renewed) this.#leading = true;
      else if (this.#isHeldBy !== "self") break;
      else if (this.#leading && left() <= 0) {
        this.#leading = false;
        log.warn("the lease could not be renewed in time; nothing is written until it is");
      }
    }
    this.#leading = false;
    log.error("the lease was lost");
  }

  /** Gives the lease up, so that another leads at once. Throws where the API server did not take it. */
  async release(): Promise<void> {
    this.#stop.abort();
    this.#leading = false;
    await this.#running; // an attempt under way may still take the lease
    const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
    const current = await this.#read(signal);
    if (current?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...current.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    await this.#write({ ...current, spec }, signal);
  }

  #holder = "";
  get #isHeldBy(): "self" | "another" | "none" {
    if (this.#holder === "") return "none";
    return this.#holder === this.#options.identity ? "self" : "another";
  }

  /**
   * Takes the lease, or renews it. False if another holds it, or the API server did not answer within `ms`.
   * @param renews only what is still this process' own is renewed: no lease that another had meanwhile
   */
  async #attempt(ms: number, renews = false): Promise<boolean> {
    const sent = performance.now();
    const attempt = this.#tryOnce(
      AbortSignal.any([this.#stop.signal, AbortSignal.timeout(Math.max(1, Math.round(ms)))]),
      renews,
    );
    this.#running = attempt;
    const succeeded = await attempt;
    if (succeeded) this.#renewedAt = sent;
    return succeeded;
  }

  async #tryOnce(signal: AbortSignal, renews: boolean): Promise<boolean> {
    const { identity, leaseSeconds, log } = this.#options;
    try {
      const current = await this.#read(signal);
      this.#answered();
      const now = microTime(new Date());
      const spec = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: now };
      if (!current) {
        await this.#options.client.create(
          LEASES,
          this.#object({ spec: { ...spec, acquireTime: now, leaseTransitions: 0 } }),
          { signal },
        );
        this.#holder = identity;
        return true;
      }
      this.#holder = current.spec.holderIdentity ?? "";
      if (renews && this.#isHeldBy !== "self") return false;
      if (this.#isHeldBy === "another" && !this.#expired(current)) return false;
      const taken = this.#holder !== identity;
      const changed = {
        ...current.spec,
        ...spec,
        acquireTime: taken ? now : (current.spec.acquireTime ?? now),
        leaseTransitions: (current.spec.leaseTransitions ?? 0) + (taken ? 1 : 0),
      };
      await this.#write({ ...current, spec: changed }, signal);
      this.#holder = identity;
      return true;
    } catch (error) {
      this.#unanswered ||= !(error instanceof ApiError && error.status < 500);
      const lostRace = error instanceof ApiError && error.status === 409;
      log[lostRace ? "debug" : "warn"]({ err: error }, "the lease could not be acquired or renewed");
      return false;
    }
  }

  /**
   * While the API server was away, the leader could not renew either: that time does not count against it. It has
   * the rest of its lease to come back in, and the others do not lead in its place.
   */
  #answered(): void {
    const now = performance.now();
    if (this.#unanswered && this.#seen) this.#seen.at += now - Math.max(this.#readAt, this.#seen.at);
    this.#unanswered = false;
    this.#readAt = now;
  }

  #expired(current: z.output<typeof lease>): boolean {
    const renewal = `${current.spec.holderIdentity} ${current.spec.renewTime}`;
    const duration = (current.spec.leaseDurationSeconds ?? this.#options.leaseSeconds) * 1000;
    if (this.#seen?.renewal !== renewal) this.#seen = { renewal, at: performance.now(), duration };
    return performance.now() - this.#seen.at > this.#seen.duration;
  }

  async #read(signal: AbortSignal): Promise<z.output<typeof lease> | undefined> {
    const found = await this.#options.client.get(this.#ref, { signal });
    return found && lease.parse(found);
  }

  /** With the resourceVersion that was read: of two candidates one fails (409). */
  async #write(changed: z.output<typeof lease>, signal: AbortSignal): Promise<void> {
    await this.#options.client.replace(this.#ref, changed as unknown as ApiObject, { signal });
  }

  #object(parts: object): ApiObject {
    const { name, namespace } = this.#options;
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace }, ...parts };
  }
}

/**
 * Watches the lease while another holds it, so that a leader that gives it up is followed at once and not at
 * the next try. Without the watch (a role that lacks it, an API server that is away) the tries go on as before.
 */
class ReleaseWatch {
  readonly #watch: Reflector<string>;
  #given = new AbortController();

  constructor({ client, log, namespace, name }: LeaderElectionOptions) {
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

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
