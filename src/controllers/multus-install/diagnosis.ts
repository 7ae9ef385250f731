import type { NodeView } from "./cluster-nodes.ts";
import { type Explanation, explainPullFailure } from "./pull-failure.ts";
import { explainStartFailure } from "./start-failure.ts";
import type { ContainerTrouble, MultusPodView } from "./views.ts";

/** One node on which Multus does not run as it should, and the sentence that says why. */
export interface UnhealthyNode {
  node: string;
  reason: string;
  message: string;
}

/** The longest message kept for one node, in characters: the status is bounded (docs/reference). */
const LONGEST_MESSAGE = 512;

/**
 * A container that failed and runs again is believed after this many seconds without another failure: Multus
 * has no readiness probe, and one that crashes at each start would be Ready for a moment every time.
 */
const PROBATION_SECONDS = 20;

/**
 * Turns the pods of the Multus DaemonSet into the nodes that are not well, worst first, then by name. A pod
 * that has only not yet started gives no entry: waiting is no fault.
 */
export function unhealthyNodes(
  pods: readonly MultusPodView[],
  now: Date,
  nodes: readonly NodeView[] = [],
): UnhealthyNode[] {
  const notReady = new Map(nodes.map(({ name, notReady }) => [name, notReady]));
  return pods
    .filter((pod) => !pod.terminating && (!pod.ready || probationSeconds(pod, now) > 0))
    .flatMap((pod) => diagnose(pod) ?? lostWithNode(pod, notReady.get(pod.node)) ?? [])
    .toSorted((a, b) => severity(b.reason) - severity(a.reason) || a.node.localeCompare(b.node));
}

/** After how many seconds the first pod that failed before will be believed; undefined where there is none. */
export function nextLookSeconds(pods: readonly MultusPodView[], now: Date): number | undefined {
  const left = pods.map((pod) => probationSeconds(pod, now)).filter((seconds) => seconds > 0);
  return left.length > 0 ? Math.min(...left) : undefined;
}

function probationSeconds({ ready, trouble }: MultusPodView, now: Date): number {
  if (!ready || trouble?.runningSince === undefined) return 0;
  const seconds = (now.getTime() - Date.parse(trouble.runningSince)) / 1000;
  return Math.max(0, Math.ceil(PROBATION_SECONDS - seconds));
}

function diagnose(pod: MultusPodView): UnhealthyNode | undefined {
  if (pod.node === "" && pod.unschedulable)
    return entry(
      "",
      "Unschedulable",
      `pod ${pod.namespace}/${pod.name} was not scheduled: ${pod.unschedulable}`,
    );
  if (!pod.trouble) return undefined;
  const { reason, message } = explain(pod, pod.trouble);
  return entry(pod.node, reason, message);
}

/** A pod that is not Ready and no fault of Multus: its node is. */
function lostWithNode(pod: MultusPodView, notReady: string | undefined): UnhealthyNode | undefined {
  if (pod.ready || notReady === undefined) return undefined;
  return entry(pod.node, "NodeNotReady", `the node is not Ready: ${notReady}`);
}

function entry(node: string, reason: string, message: string): UnhealthyNode {
  return { node, reason, message: bounded(message) };
}

/** Nothing that only this pod has, such as its name: nodes with one cause have one message. */
function explain(pod: MultusPodView, trouble: ContainerTrouble): Explanation {
  const { reason, message } = trouble;
  const where = `container ${trouble.container}`;
  switch (reason) {
    case "ImagePullBackOff":
    case "ErrImagePull":
    case "RegistryUnavailable":
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return explainPullFailure({ ...trouble, ...pod });
    case "OOMKilled":
      return {
        reason,
        message: `Multus was killed for want of memory (${where}, ${limitOf(trouble)}). ${raise(trouble)}`,
      };
    case "CrashLoopBackOff":
    case "Error":
    case "StartError":
    case "RunContainerError":
      return (
        explainStartFailure(message) ?? {
          reason: "CrashLoopBackOff",
          message: `Multus ended with exit code ${trouble.exitCode ?? "unknown"} (${where}): ${withoutMoment(message) || "it left no message"}`,
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
      return { reason, message: `${reason} (${where}): ${message}` };
  }
}

function limitOf({ memoryLimit }: ContainerTrouble): string {
  return memoryLimit ? `limit ${memoryLimit}` : "it has no limit of its own: the node ran out of memory";
}

/** Twice the limit, as a number to begin with; the default is none (multus-cni #1346). */
function raise({ container, memoryLimit }: ContainerTrouble): string {
  const field = container === "install-multus-binary" ? "installResources" : "resources";
  const [, amount, unit] = /^(\d+)(\D*)$/.exec(memoryLimit ?? "") ?? [];
  if (amount === undefined) return "Give the node more memory, or evict other pods from it";
  return `Set spec.workload.${field}.limits.memory to ${Number(amount) * 2}${unit} or more, or leave the limit out`;
}

/** Without the times and addresses that differ at each end: one cause is one message. */
function withoutMoment(message: string): string {
  return message
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?\s*/g, "")
    .replace(/\b0x[0-9a-f]+/g, "0x…");
}

/** What breaks a node for good comes before what may pass by itself. */
function severity(reason: string): number {
  if (["CrashLoopBackOff", "OOMKilled", "ImageLayout"].includes(reason)) return 2;
  if (reason === "Unschedulable" || reason === "NodeNotReady") return 0;
  return 1;
}

/** One line without control characters: the text comes from containers and registries, and ends in terminals. */
export function bounded(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
