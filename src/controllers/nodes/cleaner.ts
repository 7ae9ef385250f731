import type { NodeView } from "../../diagnosis/node.ts";
import { type CleaningReport, cleaningReport } from "../../node/cleaning-report.ts";
import { decodeMessage } from "../../node/message.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { CleaningProgress, CleaningRequest, NodeNotCleaned, TaskOwner } from "../shared/node-tasks.ts";
import { TaskFailed } from "./errors.ts";
import type { NodeTask } from "./task-pod.ts";

/** How many nodes are cleaned at a time: enough for thousands within the time that a rollout takes. */
const AT_ONCE = 20;
const FIRST_RETRY_MS = 5000;
/** While an install is deleted: spec.uninstall.timeout ends that. */
const MAX_RETRY_MS = 60_000;
/** While a Multus runs next to what is left, which may be for good: each attempt is a pod. */
const MAX_LEFTOVERS_RETRY_MS = 600_000;

type State =
  | { kind: "cleaning" }
  | { kind: "clean"; report: CleaningReport }
  | { kind: "failed"; message: string; failures: number; retryAt: number };

type RunTask = (
  task: NodeTask,
  owner: TaskOwner,
  signal: AbortSignal,
) => Promise<{ exitCode: number; message: string }>;

/** Cleans the nodes of one install, or of one replacement of Multus, after another. What was cleaned is known until the program ends; to clean twice does no harm. */
export class Cleaner {
  readonly #run: RunTask;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #onClean: ((node: string) => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  #key = "";
  #abandoned = new AbortController();
  #states = new Map<string, State>();

  constructor(options: {
    run: RunTask;
    log: Logger;
    onChange: () => void;
    /** Called with each node that was cleaned, before onChange. */
    onClean?: (node: string) => void;
    signal: AbortSignal;
    now?: () => number;
  }) {
    this.#run = options.run;
    this.#log = options.log;
    this.#onChange = options.onChange;
    this.#onClean = options.onClean;
    this.#signal = options.signal;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Begins what can begin, and returns how far it is. To be called again whenever something changed. */
  step(request: CleaningRequest): CleaningProgress {
    if (this.#key !== request.key) {
      this.#key = request.key;
      this.abandon();
    }
    this.#forgetFailures(request);
    const progress = this.progress(request);
    let running = [...this.#states.values()].filter(({ kind }) => kind === "cleaning").length;
    const nodes = new Map(request.nodes.map((node) => [node.name, node]));
    for (const { node: name, underWay } of progress.left) {
      const [node, state] = [nodes.get(name), this.#states.get(name)];
      if (!node || !underWay || state?.kind === "cleaning" || running >= AT_ONCE) continue;
      running++;
      this.#begin(node, request, state?.kind === "failed" ? state.failures : 0);
    }
    return progress;
  }

  /** A node that is gone, or does not answer, has changed when it is back: it is tried at once. */
  #forgetFailures({ nodes }: CleaningRequest): void {
    const reachable = new Set(nodes.filter((node) => node.reachable).map(({ name }) => name));
    for (const [name, { kind }] of this.#states)
      if (kind === "failed" && !reachable.has(name)) this.#states.delete(name);
  }

  /** How far it is; begins nothing. */
  progress(request: CleaningRequest): CleaningProgress {
    const states = this.#key === request.key ? this.#states : new Map<string, State>();
    const nodes = request.nodes.filter(({ runsMultus }) => runsMultus);
    const left: NodeNotCleaned[] = [];
    const kept: { node: string; reason: string }[] = [];
    const previous = Object.values(request.previous ?? {});
    for (const node of nodes) {
      const state = states.get(node.name);
      if (state?.kind === "clean") {
        const directory = state.report.kept.find(({ path }) => previous.includes(path));
        if (directory) kept.push({ node: node.name, reason: `${directory.path} ${directory.reason}` });
        continue;
      }
      const obstacle = this.#obstacle(node, state, request);
      left.push({
        node: node.name,
        reason: obstacle ?? "being cleaned",
        underWay: obstacle === undefined,
        // A node that does not answer is waited for in another way, or not at all: its pod may never end.
        busy: node.reachable && request.busy.has(node.name),
      });
    }
    const found = { total: nodes.length, cleaned: nodes.length - left.length, left };
    return kept.length > 0 ? { ...found, kept } : found;
  }

  /** Ends what is under way: its nodes are no longer waited for. */
  abandon(): void {
    this.#abandoned.abort();
    this.#abandoned = new AbortController();
    this.#states = new Map();
  }

  #obstacle(
    node: NodeView,
    state: State | undefined,
    { busy, installing }: CleaningRequest,
  ): string | undefined {
    if (!node.reachable) return "its kubelet does not answer";
    if (state?.kind === "cleaning") return undefined;
    if (busy.has(node.name)) return "its Multus pod has not terminated";
    if (installing?.has(node.name)) return "the pod that installs CNI plugins has not terminated";
    if (state?.kind === "failed" && this.#now() < state.retryAt) return state.message;
    return undefined;
  }

  #begin(
    { name: node, keepsCalls }: NodeView,
    { owner, confDir, binDir, since, runs, previous, whereabouts }: CleaningRequest,
    failures: number,
  ): void {
    const states = this.#states;
    const signal = AbortSignal.any([this.#signal, this.#abandoned.signal]);
    const stays = runs ? { runs, ...(keepsCalls ? { keepPrograms: true } : {}) } : {};
    const more = { ...stays, ...(previous ? { previous } : {}), ...(whereabouts ? { whereabouts } : {}) };
    states.set(node, { kind: "cleaning" });
    void this.#clean({ kind: "clean", node, confDir, binDir, since, ...more }, owner, signal)
      .then((report) => {
        states.set(node, { kind: "clean", report });
        if (!signal.aborted) this.#onClean?.(node);
        this.#log.info({ node, report }, "node cleaned");
      })
      .catch((error: unknown) => {
        const longest = runs ? MAX_LEFTOVERS_RETRY_MS : MAX_RETRY_MS;
        const retryAt = this.#now() + Math.min(FIRST_RETRY_MS * 2 ** failures, longest);
        const message = error instanceof Error ? error.message : String(error);
        states.set(node, { kind: "failed", message, failures: failures + 1, retryAt });
        if (!signal.aborted) this.#log.warn({ node, err: error }, "node not cleaned; retrying");
      })
      .finally(() => {
        if (!signal.aborted) this.#onChange();
      });
  }

  async #clean(task: NodeTask, owner: TaskOwner, signal: AbortSignal): Promise<CleaningReport> {
    const { message } = await this.#run(task, owner, signal);
    const report = cleaningReport.parse(decodeMessage(message));
    if (report.node !== task.node) throw new TaskFailed(`its answer is about ${report.node}`);
    const first = report.problems[0];
    if (first) throw new TaskFailed(`${first.path} ${first.reason}`);
    return report;
  }
}
