import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { type ApiObject, DAEMON_SETS, describe } from "../../../kube/resource.ts";
import { isOwn } from "../../shared/ownership.ts";
import type { ReconcileScope } from "../scope.ts";
import { refOfEntry } from "./inventory.ts";
import { isOfAnotherInstall } from "./of-another-install.ts";

/** Deletes an object if it is this install's, and the very one whose owner was read. A DaemonSet ends after its pods. */
export async function deleteOwned(
  { deps, context, live: install }: ReconcileScope,
  entry: InventoryEntry,
): Promise<"Gone" | "Ending" | "Foreign"> {
  const ref = refOfEntry(entry);
  const live = await deps.client.get<ApiObject>(ref);
  if (!live) return "Gone";
  if (!isOwn(live) || isOfAnotherInstall(live, install, deps.installs.values())) return "Foreign";
  if (!live.metadata.deletionTimestamp) {
    const { uid } = live.metadata;
    deps.applier.forget(ref);
    await deps.client.delete(ref, {
      ...(uid ? { preconditions: { uid } } : {}),
      propagationPolicy: ref.type === DAEMON_SETS ? "Foreground" : "Background",
    });
    context.log.info({ deleted: describe(ref) }, "deleted");
  }
  return ref.type === DAEMON_SETS ? "Ending" : "Gone";
}
