import { listed } from "../../crds/listed.ts";
import { decodeMessage } from "../../node/message.ts";
import { type PluginsReport, pluginsReport } from "../../node/plugins-report.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { PluginsProgress, PluginsRequest, TaskOwner } from "../shared/node-tasks.ts";
import { TaskFailed } from "./errors.ts";
import type { NodeTask } from "./task-pod.ts";

/** How many nodes at a time: each pulls an image. */
const AT_ONCE = 10;
/** The delay after an attempt, also after a successful one: it limits the pods for a program that something keeps removing. */
const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;
/** An attempt that was so long ago has nothing to do with the next. */
const FORGOTTEN_MS = 3_600_000;
/** The number of failed programs that a message names. */
const MAX_NAMED = 3;

interface State {
  /** The directory of the last attempt, and the image with its pull policy and secrets: with others, another one begins at once. */
  source: string;
  /** What the last attempt was for. */
  plugins: readonly string[];
  /**
   * The plugins that were tried from this source. A plugin that is not among them starts an attempt at once. There are only as
   * many as reference plugins, so a tenant who changes NADs every second cannot start more attempts than that.
   */
  tried: ReadonlySet<string>;
  underWay: boolean;
  /** Why the last attempt failed; undefined if it did not. */
  message: string | undefined;
  attempts: number;
  endedAt: number;
}

type RunTask = (task: NodeTask, owner: TaskOwner) => Promise<{ message: string }>;

/**
 * Installs CNI plugins on nodes, a few at a time. What it knows is lost when the program ends: the next inspection shows what
 * is missing, and to install twice does no harm.
 */
export class PluginInstaller {
  readonly #run: RunTask;
  readonly #log: Logger;
  readonly #onInstalled: (node: string) => void;
  readonly #onChange: () => void;
  readonly #isReachable: (node: string) => boolean;
  readonly #now: () => number;
  readonly #states = new Map<string, State>();

  constructor(options: {
    run: RunTask;
    log: Logger;
    /** Called with each node of which something may have changed, before onChange: what was seen there is outdated. */
    onInstalled: (node: string) => void;
    onChange: () => void;
    isReachable: (node: string) => boolean;
    now?: () => number;
  }) {
    this.#run = options.run;
    this.#log = options.log;
    this.#onInstalled = options.onInstalled;
    this.#onChange = options.onChange;
    this.#isReachable = options.isReachable;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Nodes on which an attempt is under way, which nothing ends but its own deadline. */
  get underWay(): ReadonlySet<string> {
    return new Set([...this.#states].filter(([, state]) => state.underWay).map(([node]) => node));
  }

  /** Begins what can begin. To be called again whenever something changed. */
  step(request: PluginsRequest): void {
    for (const [node, state] of this.#states)
      if (!state.underWay && this.#now() - state.endedAt > FORGOTTEN_MS) this.#states.delete(node);
    let running = this.underWay.size;
    for (const [node, plugins] of request.nodes) {
      if (running >= AT_ONCE) return;
      if (!this.#isDue(node, plugins, sourceOf(request)) || !this.#isReachable(node)) continue;
      running++;
      void this.#install(node, plugins, request);
    }
  }

  /** How far it is; begins nothing. */
  progress(request: PluginsRequest): PluginsProgress {
    const failed = [...request.nodes].flatMap(([node, plugins]) => {
      const state = this.#states.get(node);
      const isFailed =
        state?.message !== undefined &&
        state.source === sourceOf(request) &&
        plugins.some((plugin) => state.plugins.includes(plugin));
      return isFailed ? [{ node, message: state.message ?? "" }] : [];
    });
    const waits = [...request.nodes.keys()].flatMap((node) => {
      const state = this.#states.get(node);
      // One that is due waits for others, or for its kubelet: an event comes.
      const wait = state && !state.underWay ? state.endedAt + waitOf(state.attempts) - this.#now() : 0;
      return wait > 0 ? [wait] : [];
    });
    return {
      pending: request.nodes.size - failed.length,
      failed,
      ...(waits.length > 0 ? { againSeconds: Math.max(1, Math.min(...waits) / 1000) } : {}),
    };
  }

  #isDue(node: string, plugins: readonly string[], source: string): boolean {
    const state = this.#states.get(node);
    if (!state) return true;
    if (state.underWay) return false;
    return isNew(state, plugins, source) || this.#now() >= state.endedAt + waitOf(state.attempts);
  }

  async #install(node: string, plugins: readonly string[], request: PluginsRequest): Promise<void> {
    const { owner, binDir, image } = request;
    const source = sourceOf(request);
    const before = this.#states.get(node);
    const same = before?.source === source ? before : undefined;
    // A failure stays the node's until an attempt succeeds.
    const state: State = {
      ...{ source, plugins, underWay: true, endedAt: 0 },
      tried: new Set([...(same?.tried ?? []), ...plugins]),
      message: same?.message,
      attempts: same && !isNew(same, plugins, source) ? same.attempts : 0,
    };
    this.#states.set(node, state);
    try {
      const { message } = await this.#run({ kind: "plugins", node, binDir, plugins, image }, owner);
      const report = pluginsReport.parse(decodeMessage(message));
      if (report.node !== node) throw new TaskFailed(`its answer is about ${report.node}`);
      state.message = failureOf(report);
      this.#log.info({ node, report }, "plugins installed");
      const isUnchanged = report.installed.length + report.updated.length + report.kept.length === 0;
      if (!isUnchanged || report.problems.length === 0) this.#onInstalled(node);
    } catch (err) {
      state.message = err instanceof Error ? err.message : String(err);
      this.#log.warn({ node, err }, "plugins not installed; retrying");
    }
    state.underWay = false;
    state.attempts++;
    state.endedAt = this.#now();
    this.#onChange();
  }
}

function waitOf(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS);
}

function sourceOf({ binDir, image }: PluginsRequest): string {
  return JSON.stringify([binDir, image]);
}

/** Whether a request is for something that no attempt was for. */
function isNew({ source, tried }: State, plugins: readonly string[], wanted: string): boolean {
  return source !== wanted || plugins.some((plugin) => !tried.has(plugin));
}

function failureOf({ problems }: PluginsReport): string | undefined {
  if (problems.length === 0) return undefined;
  return listed(
    problems.map(({ path, reason }) => `${path}: ${reason}`),
    MAX_NAMED,
    { separator: "; " },
  );
}
