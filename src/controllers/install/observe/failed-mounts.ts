import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { ReconcileScope } from "../scope.ts";
import { recentMessages, type SeenEvent } from "./kubelet-events.ts";

/** k8s.io/kubernetes pkg/kubelet/events/event.go; reported again at every attempt. */
const REASON = "FailedMount";
/** A pod that has been starting for less is only starting. */
export const STARTING_SECONDS = 15;

/** Scheduled, and nothing is known to be wrong, but it does not start: only an event shows what hangs. */
export function isStarting(pod: MultusPodHealth): boolean {
  return !pod.ready && !pod.terminating && pod.node !== "" && pod.issue === undefined;
}

/** The pods, each that does not start since a volume cannot be mounted with the kubelet's sentence about it. */
export async function withFailedMounts(
  scope: ReconcileScope,
  namespace: string,
  pods: readonly MultusPodHealth[],
  ages: PodAges,
): Promise<readonly MultusPodHealth[]> {
  const hangs = (pod: MultusPodHealth) => isStarting(pod) && ages.existing(pod) >= STARTING_SECONDS;
  const needed = pods.filter(hangs).map(({ uid }) => uid);
  if (needed.length === 0) return pods;
  const uids = { about: pods.map(({ uid }) => uid), needed };
  const events = await scope.deps.kubeletEvents.withReason(namespace, REASON, uids, scope.context.log);
  if (!events) return pods;
  const messages = failedMounts(events);
  return pods.map((pod) => {
    const message = messages.get(pod.uid);
    if (!hangs(pod) || message === undefined) return pod;
    return { ...pod, issue: { container: "", image: "", reason: REASON, message, restarts: 0 } };
  });
}

/** Pod's uid → what the kubelet said in the last minutes of a volume that it could not mount. */
export function failedMounts(events: readonly SeenEvent[]): Map<string, string> {
  return new Map(recentMessages(events).map(({ uid, message }) => [uid, message]));
}
