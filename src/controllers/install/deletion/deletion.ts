import {
  MULTUS_INSTALL,
  type MultusInstall,
  parseMultusInstall,
} from "../../../crds/multus-install/multus-install.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import type { Result } from "../../../kube/controller.ts";
import { NotSynced } from "../../../kube/not-synced.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { objectsOf, RenderError, renderInstall } from "../../../render/render.ts";
import { withKnownDistribution } from "../distribution.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "../inventory/inventory.ts";
import { type Deletion, deleteOwned } from "../inventory/prune.ts";
import { guardRefs } from "../rollout/live-workloads.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";
import { releaseAllNodes, taintKeys } from "../startup-taint.ts";
import type { InventoryEntry } from "../status/status.ts";
import { writeStatus } from "../status/writer.ts";
import {
  cleaningTarget,
  cleanNodes,
  emitNodesNotCleaned,
  forgetPods,
  isLate,
  timeoutSeconds,
  unknownNodes,
} from "./node-cleanup.ts";
import { sortPods } from "./sort-pods.ts";
import { isGivenUp } from "./unknown-nodes.ts";

/** A node that failed is tried again by then; everything else comes as an event. */
const RECHECK_SECONDS = 2;

/**
 * Nothing at all before pods and nodes are known. Then first the pods, since they need their account to the end; then each node as soon as its pod is gone; then
 * the rest; the NAD CRD only when asked.
 */
export async function removeInstall(scope: ReconcileScope): Promise<Result> {
  if (!(await isStillThere(scope))) {
    scope.skipStatus = true;
    return {};
  }
  const parsed = parseMultusInstall(scope.live);
  const install = parsed.ok ? withKnownDistribution(scope, parsed.value) : undefined;
  const inventory = everythingOf(scope, install);
  // Each is asked for before it is deleted: the watches only tell when to look again.
  scope.deps.owned.follow(inventory.map(refOfEntry));
  const daemonSets = inventory.filter(({ kind }) => kind === "DaemonSet");
  const unknown = await whatIsUnknown(scope, install, daemonSets);
  scope.deps.nodeTasks.plan(undefined);
  scope.deps.nodeTasks.abandonLeftovers();
  scope.deps.nodeTasks.forgetDaemons();
  scope.deps.certificates.serve(undefined);

  const deletions: Deletion[] = [];
  for (const entry of daemonSets) deletions.push(await deleteOwned(scope, entry));
  const isEnding = deletions.some(({ state }) => state === "Ending");
  const { own, foreign } = unknown
    ? { own: [], foreign: [] }
    : sortPods(await podsIn(scope, daemonSets), daemonSets, deletions);
  const nodes = unknown
    ? unknownNodes(scope, install, unknown)
    : await cleanNodes(scope, install, own, foreign);
  if (nodes.late) await forgetPods(scope, own);
  if (isEnding || nodes.waiting.length > 0) {
    const what = isEnding ? "waiting for the Multus pods to end" : "Multus' pods have ended";
    scope.findings.state = { kind: "Deleting", message: [what, nodes.message].filter(Boolean).join("; ") };
    return { requeueAfterSeconds: RECHECK_SECONDS };
  }
  const deletesNetworks = install?.spec.uninstall.networkDefinitions === "Delete";
  for (const entry of inventory.filter(({ kind }) => kind !== "DaemonSet").toReversed())
    if (entry.name !== NETWORK_DEFINITION || deletesNetworks) await deleteOwned(scope, entry);
  if (!unknown) await releaseAllNodes(scope, install);
  if (nodes.left.length > 0) {
    scope.findings.state = { kind: "Deleting", message: `done, but for nodes: ${nodes.message}` };
    await writeStatus(scope);
    await emitNodesNotCleaned(scope, nodes.left);
    scope.deps.nodeTasks.abandonCleaning();
  }
  await releaseObject(scope);
  scope.skipStatus = true;
  return {};
}

/**
 * Asked of the API server: a copy from before the finalizer was taken away would have everything done again,
 * without the account that it needs.
 */
async function isStillThere({ live, deps, context }: ReconcileScope): Promise<boolean> {
  const { name, uid } = live.metadata;
  if (!live.metadata.finalizers?.includes(FINALIZER)) return false;
  const now = await deps.client.get<ApiObject>({ type: MULTUS_INSTALL, name }, { signal: context.signal });
  return now?.metadata.uid === uid && (now?.metadata.finalizers?.includes(FINALIZER) ?? false);
}

/**
 * Undefined when it is known which pods and nodes there are. Throws the NotSynced while it is worth waiting; returns
 * it once spec.uninstall.timeout is over.
 */
async function whatIsUnknown(
  scope: ReconcileScope,
  install: MultusInstall | undefined,
  daemonSets: readonly InventoryEntry[],
): Promise<NotSynced | undefined> {
  try {
    await podsIn(scope, daemonSets);
    if (cleaningTarget(scope, install) || taintKeys(scope, install).length > 0) await scope.deps.nodes();
    return undefined;
  } catch (error) {
    if (!(error instanceof NotSynced)) throw error;
    if (isGivenUp(isLate(scope, install), timeoutSeconds(install), error.seconds)) return error;
    throw error;
  }
}

/** The pods that Multus' label selects, in the namespaces of these DaemonSets. */
async function podsIn(
  scope: ReconcileScope,
  daemonSets: readonly InventoryEntry[],
): Promise<MultusPodView[]> {
  const found: MultusPodView[] = [];
  for (const namespace of new Set(daemonSets.map((entry) => entry.namespace ?? "")))
    found.push(...(await scope.deps.pods(namespace)));
  return found;
}

/** From here on the API server removes the object. Read anew: the status may just have been written. */
async function releaseObject(scope: ReconcileScope): Promise<void> {
  const ref = { type: MULTUS_INSTALL, name: scope.live.metadata.name };
  const live = await scope.deps.client.get<ApiObject>(ref);
  if (!live || live.metadata.uid !== scope.live.metadata.uid) return;
  const { finalizers = [], resourceVersion } = live.metadata;
  await scope.deps.client.patch(ref, {
    metadata: { resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) },
  });
}

/** The inventory, what the spec renders, and a rollout's guard: a status that was lost must not leave objects behind. */
function everythingOf(scope: ReconcileScope, install: MultusInstall | undefined): InventoryEntry[] {
  const guard = install ? guardRefs(install.spec.namespace).map(entryOfRef) : [];
  const known = new Map([...scope.findings.inventory, ...guard].map((entry) => [entryKey(entry), entry]));
  try {
    for (const object of install ? objectsOf(renderInstall(install)) : [])
      known.set(entryKey(entryOf(object)), entryOf(object));
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
  }
  return [...known.values()];
}
