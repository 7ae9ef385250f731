import { copied } from "../crds/copied.ts";
import { networkStatusOf, parseNetworkStatus } from "../networks/pod-request/network-status.ts";
import { PROBED_REVISION } from "../render/probe-pod.ts";
import { isDaemonCommand } from "../render/rollout-guard.ts";
import { type ContainerIssue, firstIssue, podIssue } from "./container-issue.ts";
import { type Pod, pod } from "./pod-schema.ts";
import { shorten } from "./shorten.ts";

/**
 * Pods of Multus are parsed here, at the border, and only this is kept: hundreds of bytes of each, not kilobytes. A pod's
 * health is in `ready`, `terminating`, `issue` (container-issue.ts) and `unschedulable`: several may hold at once, and none
 * of them while the pod starts. What they mean for the node is decided in diagnose.ts.
 */

/** One pod of the Multus DaemonSet: its own health, and whatever else its node's health and a rollout depend on. */
export interface MultusPodHealth {
  name: string;
  namespace: string;
  /** The DaemonSet that made it; empty for a pod that looks like one of Multus' and is not. */
  daemonSet: string;
  /** That DaemonSet's uid: another one of its name may have taken its place. */
  daemonSetUid?: string;
  /** Empty while the pod is not scheduled. */
  node: string;
  ready: boolean;
  /** Since when it is; RFC 3339. */
  readySince?: string;
  /** It runs the thick daemon. */
  isDaemon: boolean;
  /** Being deleted: its node is between two pods, which is not a fault. */
  terminating: boolean;
  uid: string;
  labels: { name?: string; [PROBED_REVISION]?: string };
  phase: string;
  /** The DaemonSet controller's count of the template that the pod was made from. */
  templateGeneration?: string;
  /** Its hash of that template. */
  templateHash?: string;
  /** Names of the networks that Multus reported. */
  networks: readonly string[];
  /** RFC 3339 */
  created: string;
  pullSecrets: readonly string[];
  /** Those of them that the kubelet did not find, where an event says so. */
  missingSecrets?: readonly string[];
  /** When it should have ended; RFC 3339. Long ago means that the node's kubelet does not answer. */
  endsAt?: string;
  /** How long it may take to end, s; only of one that is terminating. */
  graceSeconds?: number;
  /** The scheduler's sentence, where no node took the pod. */
  unschedulable?: string;
  issue?: ContainerIssue;
}

/** What is kept of a pod as the API server returns it. Throws a ZodError if the object is not a pod. */
export function multusPodHealth(object: unknown): MultusPodHealth {
  const { metadata, spec, status } = pod.parse(object);
  const ready = status.conditions.find((c) => c.type === "Ready" && c.status === "True");
  const unscheduled = status.conditions.find((c) => c.type === "PodScheduled" && c.status === "False");
  const owner = metadata.ownerReferences.find(({ kind }) => kind === "DaemonSet");
  const found = firstIssue(status.initContainerStatuses, status.containerStatuses);
  const issue = found ? withLimit(found, spec) : podIssue(status);
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    daemonSet: owner?.name ?? "",
    ...(owner?.uid ? { daemonSetUid: owner.uid } : {}),
    node: spec.nodeName,
    ready: ready !== undefined,
    ...(ready?.lastTransitionTime ? { readySince: ready.lastTransitionTime } : {}),
    isDaemon: isDaemonCommand(spec.containers[0]?.command ?? []),
    terminating: metadata.deletionTimestamp !== undefined,
    uid: metadata.uid,
    labels: labelsOf(metadata.labels),
    phase: status.phase,
    ...(metadata.labels["pod-template-generation"]
      ? { templateGeneration: metadata.labels["pod-template-generation"] }
      : {}),
    ...(metadata.labels["controller-revision-hash"]
      ? { templateHash: metadata.labels["controller-revision-hash"] }
      : {}),
    networks: reportedNetworks(metadata.annotations),
    created: metadata.creationTimestamp,
    pullSecrets: spec.imagePullSecrets.map(({ name }) => name).filter(Boolean),
    ...(metadata.deletionTimestamp === undefined ? {} : { endsAt: metadata.deletionTimestamp }),
    ...(metadata.deletionGracePeriodSeconds === undefined
      ? {}
      : { graceSeconds: metadata.deletionGracePeriodSeconds }),
    ...(unscheduled ? { unschedulable: kept(unscheduled.message) } : {}),
    ...(issue ? { issue: keptIssue(issue) } : {}),
  };
}

/** Those few that are looked at: thousands of pods are kept. */
function labelsOf(labels: Record<string, string>): MultusPodHealth["labels"] {
  const { name, [PROBED_REVISION]: revision } = labels;
  return { ...(name ? { name } : {}), ...(revision ? { [PROBED_REVISION]: revision } : {}) };
}

/** None if Multus reported nothing, or something else was written there. */
function reportedNetworks(annotations: Record<string, string>): string[] {
  const text = networkStatusOf(annotations);
  const parsed = text === undefined ? undefined : parseNetworkStatus(text);
  return parsed?.ok ? parsed.entries.slice(0, MAX_NETWORKS).map(({ name }) => kept(name)) : [];
}

/** A kubelet, or whoever has its credentials, may write texts of any length: of thousands of pods. */
const MAX_TEXT_LENGTH = 4096;
const MAX_NETWORKS = 32;

function kept(text: string): string {
  return copied(shorten(text, MAX_TEXT_LENGTH));
}

function keptIssue(issue: ContainerIssue): ContainerIssue {
  const { container, image, reason, message } = issue;
  return {
    ...issue,
    container: kept(container),
    image: kept(image),
    reason: kept(reason),
    message: kept(message),
  };
}

function withLimit(issue: ContainerIssue, spec: Pod["spec"]): ContainerIssue {
  const found = [...spec.initContainers, ...spec.containers].find(({ name }) => name === issue.container);
  const memoryLimit = found?.resources.limits.memory;
  return memoryLimit === undefined ? issue : { ...issue, memoryLimit };
}
