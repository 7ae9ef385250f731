import type { KubeObject } from "../../../crds/kube-object.ts";
import { refOf } from "../../../kube/resource.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import { isOwn } from "../../shared/ownership.ts";
import type { Adoption } from "../adoption/plan-adoption.ts";
import { asApplied } from "../rollout/as-applied.ts";
import { isMarkedAs } from "../rollout/live-workloads.ts";
import type { ReconcileScope } from "../scope.ts";

/** The names of DaemonSets of which an apply would change the pods. Those without the operator's mark need a dry run. */
export async function changedTemplates(
  { deps, context }: ReconcileScope,
  owned: LiveObjects,
  daemonSets: readonly KubeObject[],
): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const wanted of daemonSets) {
    const found = owned.get(refOf(wanted));
    if (!found || !isOwn(found) || found.metadata.deletionTimestamp !== undefined) continue;
    const isSame = isMarkedAs(wanted, found) ?? !(await deps.applier.changesTemplate(wanted, context.signal));
    if (!isSame) changed.add(found.metadata.name);
  }
  return changed;
}

/** The objects of the cluster that an apply would change. Each needs a dry run. */
export async function differingObjects(
  { deps, context }: ReconcileScope,
  owned: LiveObjects,
  objects: readonly KubeObject[],
  adoption: Adoption,
): Promise<Set<KubeObject>> {
  const found = new Set<KubeObject>();
  for (const object of objects)
    if (owned.get(refOf(object)))
      if (await deps.applier.isDifferent(asApplied(object, adoption), context.signal)) found.add(object);
  return found;
}
