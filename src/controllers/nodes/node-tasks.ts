import type { KubeClient } from "../../kube/client.ts";
import type { OperatorImage } from "../../render/operator-image.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { Listeners } from "../shared/listeners.ts";
import type { NodeCache } from "../shared/node-cache.ts";
import type { NodeInspections } from "../shared/node-inspections.ts";
import type {
  CleaningProgress,
  CleaningRequest,
  DaemonPod,
  InspectionPlan,
  NodeTasks,
  PluginsProgress,
  PluginsRequest,
  TaskOwner,
} from "../shared/node-tasks.ts";
import { Cleaner } from "./cleaner.ts";
import { TaskFailed } from "./errors.ts";
import { Inspector } from "./inspector.ts";
import { PluginInstaller } from "./plugin-installer.ts";
import { ShimReleaser } from "./shim-releaser.ts";
import type { NodeTask } from "./task-pod.ts";
import { TaskRunner } from "./task-runner.ts";

export interface NodeTasksOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  /** The operator's own image; without it (outside of a cluster) nothing runs on nodes. */
  image: OperatorImage | undefined;
  nodes: NodeCache;
  inspections: NodeInspections;
}

/** What runs on nodes for a moment: inspections, what these found, and cleaning. */
export class PodNodeTasks implements NodeTasks {
  readonly #changes = new Listeners();
  readonly inspections: NodeInspections;
  readonly #runner: TaskRunner | undefined;
  readonly #inspector: Inspector | undefined;
  readonly #cleaner: Cleaner;
  readonly #leftovers: Cleaner;
  readonly #releaser: ShimReleaser;
  readonly #plugins: PluginInstaller;
  readonly #stop = new AbortController();

  constructor(options: NodeTasksOptions) {
    const { client, log, metrics, image, nodes, inspections } = options;
    const onChange = () => this.#changes.notify();
    nodes.onChange((name) => this.#inspector?.nodeChanged(name));
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
    const run = async (task: NodeTask, owner: TaskOwner, signal = this.#stop.signal) => {
      if (!runner)
        throw new TaskFailed("the operator does not know its own image; start it with --node-image");
      return await runner.run(task, owner, signal);
    };
    this.#cleaner = new Cleaner({ run, log, onChange, signal: this.#stop.signal });
    this.#leftovers = new Cleaner({
      ...{ run, log, onChange, signal: this.#stop.signal },
      onClean: (node) => this.#inspector?.again(node),
    });
    const isReachable = (name: string) => nodes.get(name)?.reachable ?? false;
    this.#releaser = new ShimReleaser({ run, log, isReachable });
    this.#plugins = new PluginInstaller({
      ...{ run, log, isReachable, onChange },
      onInstalled: (node) => this.#inspector?.renew(node),
    });
  }

  /** `listener` is called when there is something new: a node was inspected, or was cleaned. */
  onChange(listener: () => void): void {
    this.#changes.add(listener);
  }

  /** What is to be inspected from now on; undefined, nothing. */
  plan(plan: InspectionPlan | undefined): void {
    this.#inspector?.plan(plan);
  }

  /** Nothing is inspected for now; what was found stays. */
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

  /** Whether the newest inspection of the node was of what is there now, by a plan that is about to be made. */
  isCurrent(node: string, plan?: InspectionPlan): boolean {
    return this.#inspector?.isCurrent(node, plan) ?? false;
  }

  /** What is being cleaned is no longer waited for: its pods are deleted. */
  abandonCleaning(): void {
    this.#cleaner.abandon();
  }

  /** How far the cleaning of an install's nodes is; begins nothing. */
  cleaningProgress(request: CleaningRequest): CleaningProgress {
    return this.#cleaner.progress(request);
  }

  /** Begins to clean what can be cleaned of an install's nodes. */
  clean(request: CleaningRequest): void {
    this.#cleaner.step(request);
  }

  /** How far the removal of what a previous Multus left is; begins nothing. */
  leftoversProgress(request: CleaningRequest): CleaningProgress {
    return this.#leftovers.progress(request);
  }

  /** Removes what a previous Multus left next to the one that runs; a node that was cleaned is inspected again. */
  cleanLeftovers(request: CleaningRequest): void {
    this.#leftovers.step(request);
  }

  /** Multus is being replaced: what is there now is not left over. */
  abandonLeftovers(): void {
    this.#leftovers.abandon();
  }

  /** How far the installation of plugins is; begins nothing. */
  pluginsProgress(request: PluginsRequest): PluginsProgress {
    return this.#plugins.progress(request);
  }

  /** Begins to install plugins where they are missing. */
  installPlugins(request: PluginsRequest): void {
    if (this.canRun) this.#plugins.step(request);
  }

  /** Nodes on which plugins are being installed at this moment. */
  get nodesInstalling(): ReadonlySet<string> {
    return this.#plugins.underWay;
  }

  /** Releases the shims that wait for a daemon which has ended; see ShimReleaser. */
  releaseShims(owner: TaskOwner, daemons: readonly DaemonPod[], daemonFollows: boolean): void {
    if (this.canRun) this.#releaser.step(owner, daemons, daemonFollows);
  }

  /** No daemon that was seen is waited for any longer. */
  forgetDaemons(): void {
    this.#releaser.forget();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#inspector?.stop(), this.#runner?.stop()]);
  }
}
