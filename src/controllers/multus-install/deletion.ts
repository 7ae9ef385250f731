import {
  MULTUS_INSTALL,
  type MultusInstall,
  parseMultusInstall,
} from "../../crds/multus-install/multus-install.ts";
import type { Result } from "../../kube/controller.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import { objectsOf, RenderError, renderInstall } from "../../render/render.ts";
import { entryKey, entryOf, refOfEntry } from "./inventory.ts";
import { deleteOwned } from "./owned-inventory.ts";
import { FINALIZER, type Run } from "./run.ts";
import { releaseAllNodes } from "./startup-taint.ts";
import type { InventoryEntry } from "./status.ts";

/** First the pods, since they need their account to the end; then the rest; the NAD CRD only when asked. */
export async function removeInstall(run: Run): Promise<Result> {
  const { name, finalizers = [], resourceVersion } = run.live.metadata;
  if (!finalizers.includes(FINALIZER)) {
    run.silent = true;
    return {};
  }
  const parsed = parseMultusInstall(run.live);
  const install = parsed.ok ? parsed.value : undefined;
  const inventory = everythingOf(run, install);
  await run.deps.owned.watch(inventory.map(refOfEntry));
  const daemonSets = inventory.filter(({ kind }) => kind === "DaemonSet");
  const stopped = [];
  for (const entry of daemonSets) stopped.push(await deleteOwned(run, entry));
  if (stopped.includes(false)) {
    run.findings.state = { kind: "Deleting", message: "waiting for the Multus pods to end" };
    return { requeueAfterSeconds: 1 };
  }
  const deletesNetworks = install?.spec.uninstall.networkDefinitions === "Delete";
  for (const entry of inventory.filter(({ kind }) => kind !== "DaemonSet").toReversed())
    if (entry.name !== NETWORK_DEFINITION || deletesNetworks) await deleteOwned(run, entry);
  await releaseAllNodes(run, install);
  await run.deps.client.patch(
    { type: MULTUS_INSTALL, name },
    { metadata: { resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) } },
  );
  run.silent = true;
  return {};
}

/** The inventory, and what the spec renders: a status that was lost must not leave objects behind. */
function everythingOf(run: Run, install: MultusInstall | undefined): InventoryEntry[] {
  const known = new Map(run.findings.inventory.map((entry) => [entryKey(entry), entry]));
  try {
    for (const object of install ? objectsOf(renderInstall(install)) : [])
      known.set(entryKey(entryOf(object)), entryOf(object));
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
  }
  return [...known.values()];
}
