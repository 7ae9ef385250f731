import type { MultusPodView } from "../../../diagnosis/pod-health.ts";
import type { ReconcileScope } from "../scope.ts";
import { recentMessages } from "./kubelet-events.ts";

/** k8s.io/kubernetes pkg/kubelet/events/event.go; reported again at every attempt. */
const REASON = "FailedMount";
/** A pod that has been starting for less is only starting. */
export const STARTING_SECONDS = 15;

/** Scheduled, and nothing is known to be wrong, but it does not start: only an event shows what hangs. */
export function isStarting(pod: MultusPodView): boolean {
  return !pod.ready && !pod.terminating && pod.node !== "" && pod.issue === undefined;
}

/** The pods, each that does not start since a volume cannot be mounted with the kubelet's sentence about it. */
export async function withFailedMounts(
  scope: ReconcileScope,
  namespace: string,
  pods: readonly MultusPodView[],
): Promise<readonly MultusPodView[]> {
  const { now } = scope.deps;
  const before = now().getTime() - STARTING_SECONDS * 1000;
  const hangs = (pod: MultusPodView) => isStarting(pod) && Date.parse(pod.created) < before;
  if (!pods.some(hangs)) return pods;
  const events = await scope.deps.kubeletEvents.withReason(namespace, REASON, scope.context.log);
  if (!events) return pods;
  const messages = failedMounts(events, now());
  return pods.map((pod) => {
    const message = messages.get(pod.uid);
    if (!hangs(pod) || message === undefined) return pod;
    return { ...pod, issue: { container: "", image: "", reason: REASON, message, restarts: 0 } };
  });
}

/** Pod's uid → what the kubelet said in the last minutes of a volume that it could not mount. */
export function failedMounts(events: readonly unknown[], now: Date): Map<string, string> {
  return new Map(recentMessages(events, now).map(({ uid, message }) => [uid, message]));
}
