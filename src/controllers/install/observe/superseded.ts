import { MULTUS_INSTALL } from "../../../crds/multus-install/multus-install.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import type { ReconcileScope } from "../scope.ts";
import type { Observed } from "./observe.ts";

/**
 * Whether the MultusInstall has changed or gone since this reconcile took its copy: what was decided by that copy must not
 * be carried out, and the change brings the next reconcile. Observing may wait for lists, and a list after a restart
 * may be old itself. So the API server is asked if an object that the inventory names is missing or being deleted: it may be a
 * deletion of the MultusInstall that removes it, and creating it again, or the guard of a rollout in its place, would start
 * pods on every node.
 */
export async function isSuperseded(
  scope: ReconcileScope,
  { owned }: Pick<Observed, "owned">,
): Promise<boolean> {
  const { live, deps, context } = scope;
  const mayBeDeleted = recordedInventory(live).some((entry) => {
    const found = owned.get(refOfEntry(entry));
    return !found || found.metadata.deletionTimestamp !== undefined;
  });
  if (mayBeDeleted) {
    const ref = { type: MULTUS_INSTALL, name: live.metadata.name };
    const found = await deps.client.get<ApiObject>(ref, { signal: context.signal });
    if (!found) return true;
    deps.installs.wrote(found);
    if (isOther(found, live)) return true;
  }
  const newest = deps.installs.get(live.metadata.name);
  return !newest || isOther(newest, live);
}

/** A change of the status, or of metadata that has no meaning, is none. */
function isOther({ metadata: a }: ApiObject, { metadata: b }: ApiObject): boolean {
  return a.uid !== b.uid || a.generation !== b.generation || a.deletionTimestamp !== b.deletionTimestamp;
}
