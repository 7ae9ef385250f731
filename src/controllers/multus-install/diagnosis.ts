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
export function unhealthyNodes(pods: readonly MultusPodView[], now: Date): UnhealthyNode[] {
  return pods
    .filter((pod) => !pod.terminating && (!pod.ready || probationSeconds(pod, now) > 0))
    .flatMap((pod) => diagnose(pod) ?? [])
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
        message: `Multus was killed for want of memory (${where}). Raise spec.workload.resources.limits.memory or leave the limit out`,
      };
    case "CrashLoopBackOff":
    case "Error":
    case "StartError":
    case "RunContainerError":
      return (
        explainStartFailure(message) ?? {
          reason: "CrashLoopBackOff",
          message: `Multus ended with exit code ${trouble.exitCode ?? "unknown"} (${where}): ${message || "it left no message"}`,
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
    default:
      return { reason, message: `${reason} (${where}): ${message}` };
  }
}

/** What breaks a node for good comes before what may pass by itself. */
function severity(reason: string): number {
  if (["CrashLoopBackOff", "OOMKilled", "ImageLayout"].includes(reason)) return 2;
  if (reason === "Unschedulable") return 0;
  return 1;
}

/** One line without control characters: the text comes from containers and registries, and ends in terminals. */
function bounded(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
