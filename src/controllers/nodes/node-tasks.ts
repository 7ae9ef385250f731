import type { KubeClient } from "../../kube/client.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { ClusterNodes } from "../multus-install/cluster-nodes.ts";
import { Cleaner, type CleaningProgress, type CleaningRequest } from "./cleaner.ts";
import type { NodeInspections } from "./inspections.ts";
import { type InspectionPlan, Inspector } from "./inspector.ts";
import type { TaskImage } from "./task-pod.ts";
import { TaskFailed, TaskRunner } from "./task-runner.ts";

export interface NodeTasksOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  /** The operator's own image; without it (outside of a cluster) nothing runs on nodes. */
  image: TaskImage | undefined;
  nodes: ClusterNodes;
  inspections: NodeInspections;
  /** Told when there is something new: a node was looked at, or was cleaned. */
  onChange: () => void;
}

/** What runs on nodes for a moment: looks at them, what these found, and cleaning. */
export class NodeTasks {
  readonly inspections: NodeInspections;
  readonly #runner: TaskRunner | undefined;
  readonly #inspector: Inspector | undefined;
  readonly #cleaner: Cleaner;
  readonly #stop = new AbortController();

  constructor(options: NodeTasksOptions) {
    const { client, log, metrics, image, nodes, inspections, onChange } = options;
    this.inspections = inspections;
    const runner = image && new TaskRunner(client, log, image);
    this.#runner = runner;
    if (runner)
      this.#inspector = new Inspector({
        runner,
        inspections,
        node: (name) => nodes.get(name),
        log,
        metrics,
        onChange,
      });
    inspections.onChange(onChange);
    inspections.onSuspicion((node) => this.#inspector?.suspect(node));
    this.#cleaner = new Cleaner({
      run: async (task, owner, signal) => {
        if (!runner) throw new TaskFailed("the operator does not know its own image (run --node-image)");
        return await runner.run(task, owner, signal);
      },
      log,
      onChange,
      signal: this.#stop.signal,
    });
  }

  /** What is to be looked at from now on; undefined, nothing. */
  plan(plan: InspectionPlan | undefined): void {
    this.#inspector?.plan(plan);
  }

  /** Nothing is looked at for now; what was found stays. */
  pause(): void {
    this.#inspector?.pause();
  }

  /** Whether anything can run on a node at all. */
  get canRun(): boolean {
    return this.#runner !== undefined;
  }

  get failures(): ReadonlyMap<string, string> {
    return this.#inspector?.failures ?? new Map();
  }

  /** Whether the newest look at the node was at what it is now. */
  isCurrent(node: string): boolean {
    return this.#inspector?.isCurrent(node) ?? false;
  }

  /** A node came, went, or answers again. */
  nodeChanged(node: string): void {
    this.#inspector?.nodeChanged(node);
  }

  /** What is being cleaned is not waited for any more: its pods go. */
  abandonCleaning(): void {
    this.#cleaner.abandon();
  }

  clean(request: CleaningRequest): CleaningProgress {
    return this.#cleaner.step(request);
  }

  get silenceSeconds(): number {
    return this.#runner?.silenceSeconds ?? 0;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#inspector?.stop(), this.#runner?.stop()]);
  }
}
