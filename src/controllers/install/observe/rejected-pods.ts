import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import type { UnhealthyNode } from "../../../diagnosis/diagnose.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { rejectedPod } from "../../../diagnosis/rejected-pod.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import type { ReconcileScope } from "../scope.ts";
import { idleSeconds } from "./idle.ts";
import { recentMessages } from "./kubelet-events.ts";

/** pkg/controller/controller_utils.go of Kubernetes; reported again at every attempt. */
const REASON = "FailedCreate";
/** The DaemonSet controller's longest pause between two attempts is 1000 s, and its event is as old then; s. */
const OUTDATED_SECONDS = 1200;
/** A rollout whose numbers have not changed for so long may lack pods that cannot be created; s. */
export const IDLE_SECONDS = 10;

/**
 * A DaemonSet has nodes to update and no pod on the way to them: neither one that starts nor one that ends. With
 * OnDelete that is how it waits for a user, unless a pod is missing.
 */
export function lacksPods(daemonSet: ApiObject, pods: readonly MultusPodHealth[]): boolean {
  const { current, desired, updated, name } = daemonSetView(daemonSet);
  const own = pods.filter((pod) => pod.daemonSet === name);
  const { updateStrategy } = daemonSet.spec as { updateStrategy?: { type?: string } };
  const isWaiting = updateStrategy?.type === "OnDelete" ? own.length < desired : updated < desired;
  return current && isWaiting && own.every(({ ready, terminating }) => ready && !terminating);
}

/** For each of these DaemonSets whose rollout does not move: what the API server says of its pods, if it rejects them. */
export async function rejectedPods(
  scope: ReconcileScope,
  namespace: string,
  lacking: readonly ApiObject[],
): Promise<UnhealthyNode[]> {
  if (lacking.length === 0 || !isIdle(scope)) return [];
  const uids = lacking.map(({ metadata }) => metadata.uid ?? "");
  const asked = { about: uids, needed: uids };
  const events = await scope.deps.kubeletEvents.withReason(namespace, REASON, asked, scope.context.log);
  const messages = new Map(
    recentMessages(events ?? [], OUTDATED_SECONDS).map(({ uid, message }) => [uid, message]),
  );
  return lacking.flatMap(({ metadata: { name, uid = "" } }) => {
    const message = messages.get(uid);
    return message === undefined ? [] : [rejectedPod(name, message)];
  });
}

function isIdle(scope: ReconcileScope): boolean {
  const { observedGeneration, nodes } = scope.previous;
  if (observedGeneration !== scope.live.metadata.generation || !nodes?.progressedAt) return false;
  return idleSeconds(scope, nodes.progressedAt) >= IDLE_SECONDS;
}
