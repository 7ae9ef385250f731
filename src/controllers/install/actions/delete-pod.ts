import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { ApiError } from "../../../kube/errors.ts";
import { PODS } from "../../../kube/resource.ts";
import type { ReconcileScope } from "../scope.ts";

/** Deletes the pod that was seen, and no other of its name. */
export async function removePod(scope: ReconcileScope, pod: MultusPodHealth): Promise<void> {
  await deleteThis(scope, pod, {});
  scope.context.log.info({ deleted: `Pod ${pod.namespace}/${pod.name}` }, "deleted");
}

/** A pod on a node that is down ends only when its kubelet confirms it, which may be never: it is removed from the API. */
export async function forceDeletePod(scope: ReconcileScope, pod: MultusPodHealth): Promise<void> {
  scope.context.log.warn(
    { pod: `${pod.namespace}/${pod.name}`, node: pod.node },
    "pod did not terminate; force-deleting it without its kubelet's confirmation",
  );
  await deleteThis(scope, pod, { gracePeriodSeconds: 0 });
}

async function deleteThis(
  { deps }: ReconcileScope,
  { namespace, name, uid }: MultusPodHealth,
  options: { gracePeriodSeconds?: number },
): Promise<void> {
  try {
    await deps.client.delete({ type: PODS, namespace, name }, { ...options, preconditions: { uid } });
  } catch (error) {
    // Another pod has the name by now: the one that was meant is gone.
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
  deps.seen.pods.deleted({ uid, namespace });
}
