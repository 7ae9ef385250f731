import { randomUUID } from "node:crypto";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { ApiError, isStopped, NotSynced, TerminalError } from "./errors.ts";
import { WorkQueue } from "./work-queue.ts";

/** What a reconcile wants next: nothing, or to run again after a while though nothing has changed. */
export interface Result {
  requeueAfterSeconds?: number;
}

export interface ReconcileContext {
  /** With the controller's name, the key and the reconcileID in each line. */
  log: Logger;
  /** Aborted when the program stops. */
  signal: AbortSignal;
}

export interface ControllerOptions {
  name: string;
  reconcile: (key: string, context: ReconcileContext) => Promise<Result>;
  log: Logger;
  metrics: Metrics;
  workers?: number;
}

/**
 * Runs a reconcile function over a queue of keys, after controller-runtime's reconcileHandler: an error is
 * tried again with a back-off of the key's own, a TerminalError is not, success resets the back-off.
 */
export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #stop = new AbortController();
  #workers: Promise<void>[] = [];

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    const { name, metrics, workers = 1 } = options;
    this.queue = new WorkQueue(
      undefined,
      metrics.queueObserver(name, () => this.queue.unfinished),
    );
    metrics.controllerStarts(name, workers);
  }

  enqueue(key: string): void {
    this.queue.add(key);
  }

  /**
   * Starts the workers, once `synced` resolves: before that, a store that is not full yet would look like deletions.
   * Starts none if a watch is stopped before.
   */
  async start(synced: Promise<void>): Promise<void> {
    try {
      await synced;
    } catch (error) {
      if (isStopped(error)) return;
      throw error;
    }
    if (this.#stop.signal.aborted) return;
    this.#workers = Array.from({ length: this.#options.workers ?? 1 }, () => this.#work());
  }

  /** Gives out no more keys and waits for the running reconciles, whose signal is aborted. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.queue.shutDown();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      await this.#reconcile(key);
      this.queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { name, reconcile, metrics } = this.#options;
    const log = this.#options.log.child({ controller: name, object: key, reconcileID: randomUUID() });
    const ended = metrics.reconcileStarted(name);
    try {
      const { requeueAfterSeconds } = await reconcile(key, { log, signal: this.#stop.signal });
      this.queue.forget(key);
      if (requeueAfterSeconds !== undefined) this.queue.addAfter(key, requeueAfterSeconds * 1000);
      ended(requeueAfterSeconds === undefined ? "success" : "requeue_after");
    } catch (error) {
      if (this.#stop.signal.aborted) {
        ended("success");
        return;
      }
      if (error instanceof NotSynced) {
        // No failure: what is needed is not known yet.
        this.queue.addRateLimited(key);
        log.warn(
          { err: error, resource: error.resource },
          "reconcile waits for a resource that is not synced",
        );
        ended("requeue_after");
        return;
      }
      if (error instanceof TerminalError) {
        this.queue.forget(key);
        log.warn({ err: error }, "reconcile cannot continue until the object changes");
      } else {
        const wait = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0;
        this.queue.addRateLimited(key, wait * 1000);
        log.error({ err: error }, "reconcile failed, will retry");
      }
      ended("error", error instanceof TerminalError);
    }
  }
}
