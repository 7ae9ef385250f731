import type { KubeObject } from "../../../crds/kube-object.ts";
import { type Adoption, withoutTemplate } from "../adoption/plan-adoption.ts";
import { marked } from "./live-workloads.ts";

/**
 * A rendered object as it is applied. A DaemonSet carries the mark of its template also if the template in the cluster
 * means the same in other words, and stays.
 */
export function asApplied(object: KubeObject, { kept }: Pick<Adoption, "kept">): KubeObject {
  if (object.kind !== "DaemonSet") return object;
  return kept.has(object) ? withoutTemplate(marked(object)) : marked(object);
}
