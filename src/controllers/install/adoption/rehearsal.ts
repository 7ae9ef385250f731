import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { CLUSTER_ROLES, type ObjectRef, ROLES } from "../../../kube/resource.ts";
import { allInOrder } from "../../shared/all-in-order.ts";
import type { ReconcileScope } from "../scope.ts";

/** Has the API server take every object in a dry run. Throws what the first write that it rejects would throw. */
export async function rehearse(scope: ReconcileScope, objects: readonly KubeObject[]): Promise<void> {
  await allInOrder(
    objects.map(async (object) => {
      if (!(await waitsForItsRole(scope, object, objects)))
        await scope.deps.applier.rehearse(object, scope.context.signal);
    }),
  );
}

/**
 * Whoever binds a role needs all that it allows, as it is in the cluster: of one that does not exist the API server
 * knows nothing (404), and upstream's allows more than the operator may (403), until it is what is applied before it.
 */
async function waitsForItsRole(
  { deps, context }: ReconcileScope,
  { kind, roleRef, metadata: { namespace } }: KubeObject,
  objects: readonly KubeObject[],
): Promise<boolean> {
  if (kind !== "ClusterRoleBinding" && kind !== "RoleBinding") return false;
  const { name, kind: roleKind } = roleRef as { name: string; kind: string };
  const ref: ObjectRef =
    roleKind === ROLES.kind && namespace ? { type: ROLES, name, namespace } : { type: CLUSTER_ROLES, name };
  // If the role exists all the same, its binding is not rehearsed, which is safe.
  if (!deps.owned.get(ref)) return true;
  const live = await deps.client.get(ref, { signal: context.signal });
  const wanted = objects.find((object) => object.kind === roleKind && object.metadata.name === name);
  return !isDeepStrictEqual(live?.rules, wanted?.rules);
}
