import type { ContainerStatus, Terminated } from "./pod-schema.ts";

/** What the kubelet says of a container that does not run, or has ended before. */

/** Why a container does not run, in the kubelet's words. */
export interface ContainerIssue {
  container: string;
  image: string;
  /** The kubelet's reason: ImagePullBackOff, CrashLoopBackOff, OOMKilled, Error, … */
  reason: string;
  message: string;
  exitCode?: number;
  restarts: number;
  /** The container's own, such as 50Mi; undefined if it has none. */
  memoryLimit?: string;
  /** It failed before and runs again, since this time (RFC 3339). */
  runningSince?: string;
  /** For how long it ran before it last ended, in seconds; undefined where the runtime does not say. */
  ranSeconds?: number;
}

/**
 * What keeps a container from running, or kept it the last time; the first that does not run, if there are
 * several. An init container is to end, with 0; any end of another is a failure: thin_entrypoint of v4 ends with 0
 * after each of its errors.
 */
export function firstIssue(
  initContainers: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
): ContainerIssue | undefined {
  const all = [
    ...initContainers.map((container) => ({ container, failed: failedEnd(container, [0]) })),
    ...containers.map((container) => ({ container, failed: failedEnd(container, []) })),
  ];
  // One that runs now is to blame only where no other is.
  for (const { container, failed } of all.toSorted((a, b) => isRunning(a) - isRunning(b)))
    if (failed || isHeldUp(container)) return issueOf(container, failed);
  return undefined;
}

function isHeldUp({ state: { waiting } }: ContainerStatus): boolean {
  return waiting !== undefined && !["PodInitializing", "ContainerCreating"].includes(waiting.reason);
}

/** @param failed how it ended, if that was a failure */
function issueOf(container: ContainerStatus, failed: Terminated | undefined): ContainerIssue {
  const { waiting, running } = container.state;
  return {
    container: container.name,
    image: container.image,
    reason: failed?.reason === "OOMKilled" ? "OOMKilled" : waiting?.reason || failed?.reason || "Error",
    message: failed?.message || (failed?.exitCode === 0 ? "" : (waiting?.message ?? "")),
    ...(failed ? { exitCode: failed.exitCode } : {}),
    restarts: container.restartCount,
    ...(running ? { runningSince: running.startedAt } : {}),
    ...ranSeconds(failed),
  };
}

const isRunning = ({ container }: { container: ContainerStatus }) => Number(!!container.state.running);

/** The last end explains a back-off better than the word "back-off" does. */
function failedEnd({ state, lastState }: ContainerStatus, wanted: readonly number[]): Terminated | undefined {
  const ended = state.terminated ?? lastState.terminated;
  return ended && (!wanted.includes(ended.exitCode) || ended.reason === "OOMKilled") ? ended : undefined;
}

function ranSeconds(ended: Terminated | undefined): { ranSeconds?: number } {
  const seconds = (Date.parse(ended?.finishedAt ?? "") - Date.parse(ended?.startedAt ?? "")) / 1000;
  return seconds >= 0 ? { ranSeconds: seconds } : {};
}

/** A pod that the kubelet rejected or evicted has no container to blame. */
export function podIssue(status: {
  phase: string;
  reason: string;
  message: string;
}): ContainerIssue | undefined {
  if (status.phase !== "Failed") return undefined;
  return {
    container: "",
    image: "",
    reason: status.reason || "Failed",
    message: status.message,
    restarts: 0,
  };
}
