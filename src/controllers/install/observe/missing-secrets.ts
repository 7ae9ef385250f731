import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { ReconcileScope } from "../scope.ts";
import { recentMessages, type SeenEvent } from "./kubelet-events.ts";

/** k8s.io/kubernetes pkg/kubelet/kubelet_pods.go; said again at every attempt while the secret is missing. */
const REASON = "FailedToRetrieveImagePullSecret";
const NAMES = /image pull secrets \(([^)]*)\)/;

/**
 * The pods, each with those of its pull secrets that the kubelet did not find. The operator may not look at
 * secrets, and a pod's status does not distinguish a missing one from one without a login for the registry; the
 * kubelet's event does. Asked for only when an image cannot be pulled.
 */
export async function withMissingSecrets(
  scope: ReconcileScope,
  namespace: string,
  pods: readonly MultusPodHealth[],
): Promise<readonly MultusPodHealth[]> {
  const concerned = (pod: MultusPodHealth) =>
    pod.pullSecrets.length > 0 && /^(ErrImagePull|ImagePullBackOff)$/.test(pod.issue?.reason ?? "");
  const needed = pods.filter(concerned).map(({ uid }) => uid);
  if (needed.length === 0) return pods;
  const uids = { about: pods.map(({ uid }) => uid), needed };
  const events = await scope.deps.kubeletEvents.withReason(namespace, REASON, uids, scope.context.log);
  if (!events) return pods;
  const missing = missingSecrets(events);
  return pods.map((pod) => {
    const missingSecrets = missing.get(pod.uid);
    return concerned(pod) && missingSecrets ? { ...pod, missingSecrets } : pod;
  });
}

/** Pod's uid → the secrets that the kubelet did not find in the last minutes. */
export function missingSecrets(events: readonly SeenEvent[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { uid, message } of recentMessages(events)) {
    const names = NAMES.exec(message)?.[1]?.split(", ").filter(Boolean) ?? [];
    if (names.length > 0) found.set(uid, names);
  }
  return found;
}
