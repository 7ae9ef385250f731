import { compareTexts } from "../crds/compare-texts.ts";
import { ENOUGH_MEMORY, isLowMemory } from "../multus/memory.ts";
import type { ContainerIssue } from "./container-issue.ts";
import { type Explanation, explainPullFailure } from "./image-pull.ts";
import type { MultusPodHealth } from "./multus-pod-health.ts";
import type { NodeView } from "./node.ts";
import type { PodAges } from "./pod-ages.ts";
import { stabilizationSeconds } from "./stabilization.ts";
import { explainStartFailure } from "./start-errors.ts";
import { knownReason, severityOf, type UnhealthyReason } from "./unhealthy-reasons.ts";

/** One node on which Multus does not run as it should, and why. */
export interface UnhealthyNode {
  node: string;
  reason: UnhealthyReason;
  message: string;
}

/** The longest message kept for one node, in characters: the status is bounded (docs/reference). */
const MAX_MESSAGE_LENGTH = 512;

/** If a pod should have terminated longer ago than this, its kubelet does not answer, or a mount hangs; s. */
const LATE_SECONDS = 60;

/**
 * Turns the pods of the Multus DaemonSet into the unhealthy nodes, most severe first, then by name. A pod that has only
 * not started yet gives no entry: waiting is not a fault.
 */
export function unhealthyNodes(
  pods: readonly MultusPodHealth[],
  ages: PodAges,
  nodes: readonly NodeView[] = [],
): UnhealthyNode[] {
  const notReady = new Map(nodes.map(({ name, notReady }) => [name, notReady]));
  return pods
    .filter((pod) => pod.terminating || !pod.ready || stabilizationSeconds(pod, ages) > 0)
    .flatMap((pod) => {
      const node = notReady.get(pod.node);
      if (pod.terminating) return stuckTerminating(pod, ages, node) ?? [];
      return diagnose(pod) ?? lostWithNode(pod, node) ?? [];
    })
    .toSorted((a, b) => severityOf(b.reason) - severityOf(a.reason) || compareTexts(a.node, b.node));
}

/** In how many seconds the first pod that failed before counts as healthy; undefined if there is none. */
export function secondsToStable(pods: readonly MultusPodHealth[], ages: PodAges): number | undefined {
  const left = pods.map((pod) => stabilizationSeconds(pod, ages)).filter((seconds) => seconds > 0);
  return left.length > 0 ? Math.min(...left) : undefined;
}

function diagnose(pod: MultusPodHealth): UnhealthyNode | undefined {
  if (pod.node === "" && pod.unschedulable)
    return entry(
      "",
      "Unschedulable",
      `pod ${pod.namespace}/${pod.name} was not scheduled: ${pod.unschedulable}`,
    );
  if (!pod.issue) return undefined;
  const { reason, message } = explain(pod, pod.issue);
  return entry(pod.node, reason, message);
}

/** A pod that is not Ready because its node is not, which is not a fault of Multus. */
function lostWithNode(pod: MultusPodHealth, notReady: string | undefined): UnhealthyNode | undefined {
  if (pod.ready || notReady === undefined) return undefined;
  return entry(pod.node, "NodeNotReady", `the node is not Ready: ${notReady}`);
}

/** A pod that does not terminate delays the rollout: its successor is created when it is gone. */
function stuckTerminating(
  pod: MultusPodHealth,
  ages: PodAges,
  notReady: string | undefined,
): UnhealthyNode | undefined {
  const { node, endsAt = "" } = pod;
  const late = ages.overdue(pod);
  if (notReady !== undefined && late > 0)
    return entry(
      node,
      "NodeNotReady",
      `the node is not Ready, and its Multus pod cannot terminate: ${notReady}`,
    );
  if (late <= LATE_SECONDS) return undefined;
  return entry(
    node,
    "StuckTerminating",
    `the Multus pod should have terminated by ${endsAt} and still exists; find the cause in the kubelet's log and with kubectl describe pod`,
  );
}

function entry(node: string, reason: UnhealthyReason, message: string): UnhealthyNode {
  return { node, reason, message: bounded(message) };
}

/** Nothing that only this pod has, such as its name: nodes with one cause have one message. */
function explain(pod: MultusPodHealth, issue: ContainerIssue): Explanation {
  const { message } = issue;
  const reason = isKilledAtStart(message) ? "OOMKilled" : issue.reason;
  const where = `container ${issue.container}`;
  switch (reason) {
    case "ImagePullBackOff":
    case "ErrImagePull":
    case "RegistryUnavailable":
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return explainPullFailure({ ...issue, ...pod });
    case "OOMKilled":
      return {
        reason,
        message: `Multus was OOM-killed (${where}, ${limitOf(issue)}). ${raise(issue)}`,
      };
    case "CrashLoopBackOff":
    case "Error":
    case "Completed":
    case "StartError":
    case "RunContainerError":
      return (
        explainStartFailure(message) ?? {
          reason: "CrashLoopBackOff",
          message: `Multus exited with code ${issue.exitCode ?? "unknown"} (${where}): ${withoutMoment(message) || unsaid(issue)}`,
        }
      );
    case "CreateContainerConfigError":
    case "CreateContainerError":
      return (
        explainStartFailure(message) ?? {
          reason,
          message: `the kubelet could not start the container (${where}): ${message}`,
        }
      );
    case "FailedMount":
      return { reason, message: `a volume of the Multus pod cannot be mounted: ${message}` };
    default:
      return { reason: knownReason(reason), message: `${reason} (${where}): ${message}` };
  }
}

/** The kubelet keeps the end of the log only for an exit code other than 0; thin_entrypoint exits with 0. */
function unsaid({ exitCode }: ContainerIssue): string {
  return exitCode === 0
    ? "its last output is in its log only: kubectl multus logs --pod --node NODE"
    : "it left no message";
}

function limitOf({ memoryLimit }: ContainerIssue): string {
  return memoryLimit ? `limit ${memoryLimit}` : "it has no limit: the node ran out of memory";
}

/** runc, if the limit does not even suffice for runc itself. */
function isKilledAtStart(message: string): boolean {
  return /container init was OOM-killed/.test(message);
}

/** Twice the limit, as a value to begin with, and not less than the one below which a spec causes a warning. */
function raise({ container, memoryLimit }: ContainerIssue): string {
  if (memoryLimit === undefined) return "Add memory to the node, or evict other pods from it";
  const installs = container === "install-multus-binary";
  const [, amount, unit] = /^(\d+)(\D*)$/.exec(memoryLimit) ?? [];
  const twice = amount === undefined ? "more" : `${Number(amount) * 2}${unit} or more`;
  const enough = !installs && isLowMemory(memoryLimit) ? `${ENOUGH_MEMORY} or more` : twice;
  return `Set spec.workload.${installs ? "installResources" : "resources"}.limits.memory to ${enough}, or remove the limit`;
}

/** Without the times and addresses that differ at each exit: one cause has one message. */
function withoutMoment(message: string): string {
  return message
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?\s*/g, "")
    .replace(/\b0x[0-9a-f]+/g, "0x…");
}

/** One line without control characters: the text comes from containers and registries, and ends in terminals. */
export function bounded(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length <= MAX_MESSAGE_LENGTH ? line : `${line.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
