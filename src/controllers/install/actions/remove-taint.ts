import { ApiError } from "../../../kube/errors.ts";
import { NODES } from "../../../kube/resource.ts";
import type { ReconcileScope } from "../scope.ts";
import type { Action } from "./actions.ts";

/**
 * Removes a startup taint from a node. Throws an ApiError that is not about a change of the node, or a right that may be
 * missing.
 */
export async function removeTaint(
  { deps, context }: ReconcileScope,
  { node: { name, taints }, key, tolerateForbidden }: Action & { kind: "RemoveTaint" },
): Promise<void> {
  const rest = taints.filter((taint) => taint.key !== key);
  try {
    // The test rejects the write if the taints were changed meanwhile: those of others must not be lost.
    await deps.client.patch({ type: NODES, name }, [
      { op: "test", path: "/spec/taints", value: taints },
      { op: "replace", path: "/spec/taints", value: rest },
    ]);
    context.log.info({ node: name, key }, "startup taint removed");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const facts = { err: error, node: name, key };
    if ([404, 409, 422].includes(error.status))
      context.log.info(facts, "the node's taints have changed; they are checked again");
    else if (error.status === 403 && tolerateForbidden)
      context.log.error(facts, "the startup taint could not be removed from the node");
    else throw error;
  }
}
