import type { KubeObject } from "../../../crds/kube-object.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { marked } from "./live-workloads.ts";

/**
 * A rendered object as it is applied. A DaemonSet carries the mark of its template also if the template in the cluster
 * means the same in other words, and stays.
 * @param kept the DaemonSets whose template stays (Adoption)
 */
export function asApplied(object: KubeObject, { kept }: { kept: ReadonlySet<KubeObject> }): KubeObject {
  if (!isMultusDaemonSet(object)) return object;
  return kept.has(object) ? withoutTemplate(marked(object)) : marked(object);
}

/** A DaemonSet as it is applied while its pods stay as they were found. */
export function withoutTemplate(daemonSet: KubeObject): KubeObject {
  const { template: _, ...spec } = daemonSet.spec as { template: unknown };
  return { ...daemonSet, spec };
}
