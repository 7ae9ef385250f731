import type { KubeObject } from "../../../crds/kube-object.ts";
import { type ApiObject, DAEMON_SETS, describe } from "../../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { isOwn } from "../../shared/applier.ts";
import type { ReconcileScope } from "../scope.ts";
import type { InventoryEntry } from "../status/status.ts";
import { putInventory } from "../status/writer.ts";
import { entryKey, entryOf, refOfEntry } from "./inventory.ts";

/** Written before the objects are: an operator that dies in between still knows what it may have made. */
export async function recordInventory(scope: ReconcileScope, objects: readonly KubeObject[]): Promise<void> {
  const known = new Set(scope.findings.inventory.map(entryKey));
  const fresh = objects.map(entryOf).filter((entry) => !known.has(entryKey(entry)));
  if (fresh.length === 0) return;
  scope.findings.inventory = [...scope.findings.inventory, ...fresh];
  const written = await putInventory(scope, scope.findings.inventory);
  if (!written)
    throw new Error("the inventory could not be written: the MultusInstall is gone or was made anew");
}

/** Deletes what an earlier spec had and this one has not. The NAD CRD is never pruned. */
export async function prune(scope: ReconcileScope, objects: readonly KubeObject[]): Promise<void> {
  const wanted = new Set(objects.map((object) => entryKey(entryOf(object))));
  const obsolete = scope.findings.inventory.filter(
    (entry) => !wanted.has(entryKey(entry)) && entry.name !== NETWORK_DEFINITION,
  );
  const ending: InventoryEntry[] = [];
  for (const entry of obsolete) if ((await deleteOwned(scope, entry)).state === "Ending") ending.push(entry);
  scope.findings.inventory = [...objects.map(entryOf), ...ending];
}

/** What became of an object that was to be deleted; of one that is not this operator's also its uid. */
export type Deletion = { state: "Gone" | "Ending" } | { state: "Foreign"; uid: string | undefined };

/** Deletes an object if it is this operator's, and the very one whose owner was read. A DaemonSet ends after its pods. */
export async function deleteOwned(scope: ReconcileScope, entry: InventoryEntry): Promise<Deletion> {
  const ref = refOfEntry(entry);
  const live = await scope.deps.client.get<ApiObject>(ref);
  if (!live) return { state: "Gone" };
  const { uid } = live.metadata;
  if (!isOwn(live)) return { state: "Foreign", uid };
  if (!live.metadata.deletionTimestamp) {
    scope.context.log.info({ deleted: describe(ref) }, "deleted");
    await scope.deps.client.delete(ref, {
      ...(uid ? { preconditions: { uid } } : {}),
      propagationPolicy: ref.type === DAEMON_SETS ? "Foreground" : "Background",
    });
  }
  return { state: ref.type === DAEMON_SETS ? "Ending" : "Gone" };
}
