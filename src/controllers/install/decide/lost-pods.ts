import { refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { isOwn } from "../../shared/ownership.ts";
import type { Action } from "../actions/actions.ts";
import type { Observed } from "../observe/observe.ts";
import { guardRef, LOST_AFTER_SECONDS } from "../rollout/live-workloads.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";

/**
 * Removes the pods that keep a DaemonSet which must be created again from ending: a foreground deletion waits for each pod,
 * and a node that is down confirms none. Otherwise Multus, or the next rollout, would wait on all nodes for that one.
 */
export function lostPodRemovals({ install, rendered }: ResolvedSpec, observed: Observed): Action[] {
  const { nodes, pods, owned, ages } = observed;
  const refs = [...rendered.objects.filter(isMultusDaemonSet).map(refOf), guardRef(install.spec.namespace)];
  const ending = new Set(
    refs.flatMap((ref) => {
      const live = owned.get(ref);
      return live?.metadata.deletionTimestamp !== undefined && isOwn(live) ? [ref.name] : [];
    }),
  );
  const down = new Set(nodes.filter(({ reachable }) => !reachable).map(({ name }) => name));
  return pods
    .filter(
      (pod) =>
        ending.has(pod.daemonSet) &&
        pod.terminating &&
        down.has(pod.node) &&
        ages.overdue(pod) > LOST_AFTER_SECONDS,
    )
    .map((pod) => ({ kind: "ForceDeletePod", pod }));
}
