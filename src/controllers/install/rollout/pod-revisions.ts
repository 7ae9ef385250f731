import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { ApiObject } from "../../../kube/resource.ts";

/** The DaemonSet controller's count of a DaemonSet's templates, which it writes as a label on each pod that it creates. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** What pods show of the template that a DaemonSet has now. */
export interface PodRevisions {
  /** Those that are known to be of it. */
  current: readonly MultusPodHealth[];
  /**
   * All pods that are seen are of one earlier generation. Either it had the same template, which was restored before a pod
   * of another was created, or the copy of the pods is older than that of the DaemonSet.
   */
  isUnclear: boolean;
}

/** The generation of a DaemonSet's template; undefined if the API server does not show it. */
export function templateGenerationOf(daemonSet: ApiObject): string | undefined {
  return daemonSet.metadata.annotations?.[TEMPLATE_GENERATION];
}

/**
 * Which pods are of a DaemonSet's current template, as the DaemonSet controller decides it (util.IsPodUpdated of
 * pkg/controller/daemon): by its generation or by the hash of the template. The hash is that of the pods of the current
 * generation: a template that comes back keeps its hash, and has a new generation.
 * @param isSameTemplate the API server has no pod of the current generation
 */
export function podRevisions(
  daemonSet: ApiObject,
  pods: readonly MultusPodHealth[],
  isSameTemplate: boolean,
): PodRevisions {
  const own = pods.filter(
    (pod) => pod.daemonSet === daemonSet.metadata.name && pod.daemonSetUid === daemonSet.metadata.uid,
  );
  const generation = templateGenerationOf(daemonSet);
  if (generation === undefined) return { current: own, isUnclear: false };
  const newest = own.filter((pod) => pod.templateGeneration === generation);
  const hashes = new Set((newest.length > 0 ? newest : own).map(({ templateHash }) => templateHash));
  if (newest.length === 0 && (hashes.size !== 1 || !isSameTemplate))
    return { current: [], isUnclear: hashes.size === 1 };
  return {
    current: own.filter(
      (pod) =>
        pod.templateGeneration === generation ||
        (pod.templateHash !== undefined && hashes.has(pod.templateHash)),
    ),
    isUnclear: false,
  };
}
