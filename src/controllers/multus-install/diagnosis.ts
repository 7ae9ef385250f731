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
 * Turns the pods of the Multus DaemonSet into the nodes that are not well, worst first, then by name. A pod
 * that has only not yet started gives no entry: waiting is no fault.
 */
export function unhealthyNodes(pods: readonly MultusPodView[]): UnhealthyNode[] {
  return pods
    .filter((pod) => !pod.ready && !pod.terminating)
    .flatMap((pod) => diagnose(pod) ?? [])
    .toSorted((a, b) => severity(b.reason) - severity(a.reason) || a.node.localeCompare(b.node));
}

function diagnose(pod: MultusPodView): UnhealthyNode | undefined {
  if (pod.node === "" && pod.unschedulable)
    return entry(
      "",
      "Unschedulable",
      `pod ${pod.namespace}/${pod.name} was not scheduled: ${pod.unschedulable}`,
    );
  if (!pod.trouble) return undefined;
  return entry(pod.node, pod.trouble.reason, sentence(pod, pod.trouble));
}

function entry(node: string, reason: string, message: string): UnhealthyNode {
  return { node, reason, message: bounded(message) };
}

function sentence(pod: MultusPodView, trouble: ContainerTrouble): string {
  const where = `pod ${pod.namespace}/${pod.name}, container ${trouble.container}`;
  switch (trouble.reason) {
    case "ImagePullBackOff":
    case "ErrImagePull":
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return `image ${trouble.image} cannot be pulled (${where}): ${trouble.message || trouble.reason}. Check spec.image and, for a private registry, spec.image.pullSecrets`;
    case "OOMKilled":
      return `Multus was killed for want of memory (${where}, ${trouble.restarts} restarts). Raise spec.workload.resources.limits.memory or leave the limit out`;
    case "CrashLoopBackOff":
    case "Error":
      return `Multus ended with exit code ${trouble.exitCode ?? "unknown"} (${where}, ${trouble.restarts} restarts): ${trouble.message || "it left no message"}`;
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError":
      return `the kubelet could not start the container (${where}): ${trouble.message}. An image of another layout needs spec.image.layout`;
    default:
      return `${trouble.reason} (${where}): ${trouble.message}`;
  }
}

/** What breaks a node for good comes before what may pass by itself. */
function severity(reason: string): number {
  if (reason === "CrashLoopBackOff" || reason === "OOMKilled" || reason === "Error") return 2;
  if (reason === "Unschedulable") return 0;
  return 1;
}

/** One line without control characters: the text comes from containers and registries, and ends in terminals. */
function bounded(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
