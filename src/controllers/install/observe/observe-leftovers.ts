import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { uncleanDirectories } from "../../../render/last-complete.ts";
import type { CleaningRequest, InspectionPlan } from "../../shared/node-tasks.ts";
import {
  type LeftoverProgress,
  leftoverProgress,
  leftoversRequest,
  nodesWithoutMultus,
} from "../rollout/leftovers.ts";
import { revisionOf } from "../rollout/live-workloads.ts";
import type { ReconcileScope } from "../scope.ts";

export interface Leftovers {
  request: CleaningRequest;
  progress: LeftoverProgress;
  /** How many nodes have no pod of Multus and may have had one: they are cleaned by a deletion only. */
  withoutMultus: number;
}

interface Seen {
  /** Those of the spec. */
  daemonSets: readonly KubeObject[];
  /** What ran completely last, as the cluster has it. */
  lastComplete: ApiObject | undefined;
  pods: readonly MultusPodHealth[];
  nodes: readonly NodeView[];
  /** Undefined if nodes are not inspected. */
  plan: InspectionPlan | undefined;
  /** Whether the install has, or had, whereabouts. */
  whereabouts: boolean;
  now: Date;
}

/** What a previous Multus left on the nodes, and how far its removal is; undefined if nodes are not inspected. */
export function observeLeftovers(
  { deps: { nodeTasks }, live }: ReconcileScope,
  install: MultusInstall,
  { daemonSets, lastComplete, pods, nodes, plan, whereabouts, now }: Seen,
): Leftovers | undefined {
  if (!plan) return undefined;
  const names = daemonSets.map(({ metadata }) => metadata.name);
  const withoutMultus = nodesWithoutMultus(names, pods, nodes).length;
  const unclean = uncleanDirectories(install, lastComplete);
  // Once each of them has Multus, or is gone, all are cleaned again: then the directories can be forgotten.
  const isOnlyForDeletion = unclean?.onlyWithoutMultus && withoutMultus > 0;
  const ofMultus = leftoversRequest(
    install,
    {
      daemonSets: names,
      revision: daemonSets.map(revisionOf).join(),
      since: live.metadata.creationTimestamp ?? now.toISOString(),
      previous: isOnlyForDeletion ? undefined : unclean?.directories,
    },
    pods,
    nodes,
    {
      found: (node) => (nodeTasks.isCurrent(node, plan) ? nodeTasks.inspections.get(node) : undefined),
      failures: nodeTasks.failures,
    },
  );
  const request = whereabouts ? { ...ofMultus, whereabouts } : ofMultus;
  return { request, progress: leftoverProgress(nodeTasks.leftoversProgress(request)), withoutMultus };
}
