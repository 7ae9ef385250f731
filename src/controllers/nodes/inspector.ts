import { nodeInspection } from "../../crds/node-inspection.ts";
import type { NodeView } from "../../diagnosis/node.ts";
import { Controller, type ReconcileContext, type Result } from "../../kube/controller.ts";
import { NotSynced } from "../../kube/errors.ts";
import { decodeMessage } from "../../node/message.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { NodeInspections } from "../shared/node-inspections.ts";
import type { InspectionPlan } from "../shared/node-tasks.ts";
import { TaskFailed } from "./errors.ts";
import {
  isPeriodic,
  type LastInspection,
  nextInspection,
  PeriodicTurns,
  periodSeconds,
} from "./next-inspection.ts";
import type { TaskRunner } from "./task-runner.ts";

/** How many nodes are inspected at a time. */
const AT_ONCE = 10;
/** Multus writes its configuration a second or two after its pod is ready. */
const SETTLING_MS = 4000;

export interface InspectorOptions {
  runner: TaskRunner;
  inspections: NodeInspections;
  node: (name: string) => NodeView | undefined;
  log: Logger;
  metrics: Metrics;
  onChange: () => void;
}

/** Inspects nodes when there is something new on them, and once in a period that grows with the cluster; a few at a time. */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #controller: Controller;
  readonly #last = new Map<string, LastInspection>();
  readonly #failures = new Map<string, string>();
  readonly #turns = new PeriodicTurns();
  /** Since when a node's key is what it is, by a clock that is never set. */
  readonly #since = new Map<string, { key: string; at: number; isPresent: boolean }>();
  #plan: InspectionPlan | undefined;
  #started = false;

  constructor(options: InspectorOptions) {
    this.#options = options;
    this.#controller = new Controller({
      name: "node-inspection",
      log: options.log,
      metrics: options.metrics,
      workers: AT_ONCE,
      reconcile: (node, context) => this.#reconcile(node, context),
    });
  }

  /** The nodes that could not be inspected, and why. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /**
   * Whether the newest inspection of the node was of what is there now.
   * @param plan the one that is about to be given to `plan`; without it, the last one
   */
  isCurrent(node: string, plan?: InspectionPlan): boolean {
    if (plan) {
      const state = plan.nodes.get(node);
      return state !== undefined && this.#last.get(node)?.key === keyOf(plan, state);
    }
    const since = this.#since.get(node);
    return since?.isPresent === true && this.#last.get(node)?.key === since.key;
  }

  /** Undefined: no node is inspected any longer. */
  plan(plan: InspectionPlan | undefined): void {
    // What became due during a pause was given up.
    const isResumed = this.#plan === undefined;
    this.#plan = plan;
    const { inspections } = this.#options;
    for (const node of this.#since.keys())
      if (!plan?.nodes.has(node)) {
        for (const known of [this.#since, this.#last, this.#failures]) known.delete(node);
        this.#turns.done(node);
        inspections.delete(node);
      }
    inspections.expect(plan ? this.#awaited(plan) : new Set());
    if (!plan) return;
    if (!this.#started) {
      this.#started = true;
      void this.#controller.start(Promise.resolve());
    }
    for (const [node, state] of plan.nodes) {
      const known = this.#since.get(node);
      if (state === undefined) {
        if (known) known.isPresent = false;
        continue;
      }
      const key = keyOf(plan, state);
      if (known?.key === key) known.isPresent = true;
      else this.#since.set(node, { key, at: performance.now(), isPresent: true });
      if (known?.key !== key || isResumed) this.#controller.enqueue(node);
    }
  }

  /** The nodes of a plan that were not inspected yet, and can be. */
  #awaited({ nodes }: InspectionPlan): ReadonlySet<string> {
    const { inspections, node: viewOf } = this.#options;
    const awaited = [...nodes].filter(
      ([node, state]) =>
        state !== undefined && viewOf(node)?.reachable && !inspections.get(node) && !this.#failures.has(node),
    );
    return new Set(awaited.map(([node]) => node));
  }

  /** A pod on the node got no network: if an inspection can show why, it is not to wait for an hour. */
  suspect(node: string): void {
    const last = this.#last.get(node);
    if (!last || last.suspected) return;
    last.suspected = true;
    this.#controller.enqueue(node);
  }

  /** Inspects nothing, and keeps what was found. */
  pause(): void {
    this.#plan = undefined;
  }

  /** Something was changed on the node: what was seen before is outdated. */
  again(node: string): void {
    this.#last.delete(node);
    this.nodeChanged(node);
  }

  /** Plugins were installed on the node: it is inspected at once. What else was seen there still holds. */
  renew(node: string): void {
    const last = this.#last.get(node);
    if (last) last.outdated = true;
    this.nodeChanged(node);
  }

  /** A node answers again: what waited for it goes on. */
  nodeChanged(node: string): void {
    if (this.#plan?.nodes.has(node)) this.#controller.enqueue(node);
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  async #reconcile(node: string, { signal, log }: ReconcileContext): Promise<Result> {
    const plan = this.#plan;
    const since = this.#since.get(node);
    // A node that is gone or does not answer comes back as a change.
    if (!plan || !since || !this.#options.node(node)?.reachable) return {};
    const now = performance.now();
    const settles = since.at + SETTLING_MS - now;
    if (settles > 0) return { requeueAfterSeconds: settles / 1000 };
    const last = this.#last.get(node);
    const wait = nextInspection(last, {
      key: since.key,
      now,
      random: Math.random(),
      period: periodSeconds(plan.nodes.size),
    });
    if (wait > 0) return { requeueAfterSeconds: wait };
    const turn = isPeriodic(last, since.key) ? this.#turns.wait(node, now) : 0;
    if (turn > 0) return { requeueAfterSeconds: turn / 1000 };
    this.#turns.done(node);
    const fine = await this.#inspect(node, plan, signal, log);
    if (this.#since.get(node) === undefined)
      this.#options.inspections.delete(node); // gone meanwhile
    else {
      const notFine = fine ? 0 : (last?.notFine ?? 0) + 1;
      const inVain = fine && last?.suspected && last.key === since.key ? (last.inVain ?? 0) + 1 : 0;
      this.#last.set(node, { key: since.key, at: performance.now(), fine, notFine, inVain });
      // That it shows what an earlier one showed is news too: it was awaited, or the one before it failed or was too early.
      if (last?.key !== since.key || last.fine === undefined || !fine) this.#options.onChange();
    }
    return { requeueAfterSeconds: 1 };
  }

  async #inspect(
    node: string,
    plan: InspectionPlan,
    signal: AbortSignal,
    log: Logger,
  ): Promise<boolean | undefined> {
    const { runner, inspections, onChange } = this.#options;
    const { owner, confDir, binDirs, isFine } = plan;
    try {
      const { message } = await runner.run({ kind: "inspect", node, confDir, binDirs }, owner, signal);
      const found = nodeInspection.parse(decodeMessage(message));
      if (found.node !== node) throw new TaskFailed(`its answer is about ${found.node}`);
      this.#failures.delete(node);
      inspections.set(found);
      return isFine(found);
    } catch (error) {
      // What became of its pod would not be seen: that is not an inspection that failed, and the node stays unseen.
      if (signal.aborted || error instanceof NotSynced) throw error;
      const message = error instanceof Error ? error.message : String(error);
      log.warn({ err: error, node }, "node could not be inspected; retrying");
      const before = this.#failures.get(node);
      this.#failures.set(node, message);
      inspections.failed(node);
      if (before !== message) onChange();
      return undefined;
    }
  }
}

function keyOf({ confDir, binDirs }: InspectionPlan, state: string): string {
  return JSON.stringify([confDir, binDirs, state]);
}
