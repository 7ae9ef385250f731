import type { KubeObject } from "../../../crds/kube-object.ts";
import { CLUSTER_ROLES } from "../../../kube/resource.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";

/**
 * Has the API server take every object in a dry run before the first one is written: an install of which one object
 * is refused (a namespace that does not exist, a webhook, a missing right) leaves nothing half done, and without a
 * finalizer it can be deleted at once. Done once for each generation of the spec, and again until it succeeds.
 */
export async function rehearse(scope: ReconcileScope, objects: readonly KubeObject[]): Promise<void> {
  if (isRehearsed(scope, objects)) return;
  for (const object of objects)
    if (!(await waitsForItsRole(scope, object)))
      await scope.deps.applier.rehearse(object, scope.context.signal);
}

function isRehearsed({ live, previous, findings }: ReconcileScope, objects: readonly KubeObject[]): boolean {
  const known = new Set(findings.inventory.map(entryKey));
  const stalled = previous.conditions?.find(({ type }) => type === "Stalled");
  return (
    (live.metadata.finalizers?.includes(FINALIZER) ?? false) &&
    previous.observedGeneration === live.metadata.generation &&
    stalled?.status !== "True" &&
    objects.every((object) => known.has(entryKey(entryOf(object))))
  );
}

/** Whoever binds a role needs all that it allows, and of one that does not exist the API server knows nothing (404). */
async function waitsForItsRole(
  { deps, context }: ReconcileScope,
  { kind, roleRef }: KubeObject,
): Promise<boolean> {
  if (kind !== "ClusterRoleBinding") return false;
  const { name } = roleRef as { name: string };
  return (await deps.client.get({ type: CLUSTER_ROLES, name }, { signal: context.signal })) === undefined;
}
