import { formatProblem } from "../../../crds/field-problem.ts";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { readableInstall } from "../../../crds/multus-install/readable-install.ts";
import type { InventoryEntry, MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import { NotSynced } from "../../../kube/errors.ts";
import { type ApiObject, DAEMON_SETS, refOf } from "../../../kube/resource.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { POOL_DEFINITIONS } from "../../../render/definitions.ts";
import { DHCP_APP, DHCP_DAEMON } from "../../../render/dhcp-daemon.ts";
import { RenderError } from "../../../render/errors.ts";
import { lastComplete, uncleanDirectories } from "../../../render/last-complete.ts";
import { renderInstall } from "../../../render/render.ts";
import { WHEREABOUTS } from "../../../render/whereabouts-names.ts";
import type { CleaningProgress, CleaningRequest } from "../../shared/node-tasks.ts";
import { taskOwner } from "../../shared/node-tasks.ts";
import { isOwn } from "../../shared/ownership.ts";
import { hasFinalizer } from "../actions/finalizer.ts";
import { taintKeys } from "../decide/startup-taint.ts";
import { dhcpRefs } from "../dhcp/observe-dhcp.ts";
import { entryKey, entryOf, entryOfRef, recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import { isOfAnotherInstall, isReplacedByAnother } from "../inventory/of-another-install.ts";
import { isDaemonSet } from "../is-daemon-set.ts";
import { guardRefs } from "../rollout/live-workloads.ts";
import type { ReconcileScope } from "../scope.ts";
import { withKnownDistribution } from "../spec/distribution.ts";
import { missingAccount } from "./missing-account.ts";
import { overduePods } from "./overdue-pods.ts";
import { type DaemonSetOwner, sortPods } from "./sort-pods.ts";
import { isLate, timeoutSeconds } from "./timeout.ts";
import { isGivenUp } from "./unknown-nodes.ts";

/** What a deletion knows of the cluster before it deletes anything. */
export interface ObservedDeletion {
  live: ApiObject;
  previous: MultusInstallStatus;
  /** As far as its spec can be read. Undefined if not even its name can: then it is not known where to clean. */
  install: MultusInstall | undefined;
  /** Another install is active and has applied its Multus: nodes, and what runs on them, are left to that one. */
  isReplaced: boolean;
  /** All that may exist of the install. */
  inventory: readonly InventoryEntry[];
  /** The install's DaemonSets that still exist, those that are terminating among them. */
  remaining: readonly InventoryEntry[];
  /** Pods of the install's own DaemonSets. */
  own: readonly MultusPodHealth[];
  /** Those of them that will not terminate without help. */
  overdue: readonly MultusPodHealth[];
  /** Pods of another Multus: what is on their nodes is in use, and stays. */
  foreign: readonly MultusPodHealth[];
  /** Empty unless they are needed. */
  nodes: readonly NodeView[];
  /** Keys of the startup taints that nodes may carry. */
  taintKeys: readonly string[];
  /** Undefined if nodes are not to be cleaned. */
  cleaning?: { request: CleaningRequest; progress: CleaningProgress };
  /** The account that the pods which clean nodes run with, if it is missing while nodes are left. */
  missingAccount?: KubeObject;
  /** Pods and nodes cannot be read, and spec.uninstall.timeout is over: none is cleaned. */
  unknown?: NotSynced;
  /** Whether nodes would be cleaned, or freed of a taint. */
  concernsNodes: boolean;
  /** spec.uninstall.timeout is over. */
  late: boolean;
}

/**
 * Reads what a deletion decides by, and changes nothing: nothing at all happens before pods and nodes are known.
 * Undefined if the object is gone, or was released already. Throws a NotSynced while it is worth waiting.
 */
export async function observeDeletion(scope: ReconcileScope): Promise<ObservedDeletion | undefined> {
  if (!(await hasFinalizer(scope))) return undefined;
  const { deps, live, previous } = scope;
  const { install: read, problems } = readableInstall(live);
  reportProblems(scope, problems.map(formatProblem));
  const install = read && withKnownDistribution(previous, read);
  const inventory = everythingOf(live, install);
  // Each is asked for before it is deleted: the watches only show when to check again.
  deps.owned.follow(inventory.map(refOfEntry));
  const daemonSets = inventory.filter(isDaemonSet);
  const isReplaced = isReplacedByAnother(live, deps.installs.values());
  const keys = isReplaced ? [] : taintKeys(previous, install);
  const cleans = !isReplaced && install?.spec.uninstall.nodes !== "Leave" && deps.nodeTasks.canRun;
  const target = cleans ? install : undefined;
  const concernsNodes = target !== undefined || keys.length > 0;
  const late = isLate(scope, install);
  const found = { live, previous, install, inventory, isReplaced, taintKeys: keys, concernsNodes, late };
  const namespaces = new Set(daemonSets.map(({ namespace = "" }) => namespace));
  const pods = await podsAndNodes(scope, daemonSets, concernsNodes, (unknownSeconds) =>
    isGivenUp(late, timeoutSeconds(install), unknownSeconds),
  );
  const owners = await Promise.all(daemonSets.map((entry) => ownerOf(scope, entry)));
  const remaining = daemonSets.filter((_, index) => owners[index]?.isOwn);
  if (pods instanceof NotSynced)
    return { ...found, remaining, own: [], overdue: [], foreign: [], nodes: [], unknown: pods };
  const ages = deps.seen.pods.ages([...pods.pods, ...pods.others], namespaces, deps.now());
  const { own, foreign } = sortPods(pods.pods, daemonSets, owners);
  own.push(...sortPods(pods.others, daemonSets, owners).own);
  const before = target && (await deps.client.get<ApiObject>(refOf(lastComplete(target))));
  const nodesCleaning = cleaning(scope, target, before, {
    ...{ nodes: pods.nodes, own, foreign },
    whereabouts: target !== undefined && (await hadWhereabouts(scope, target, inventory)),
  });
  const isLeft = target !== undefined && (nodesCleaning.cleaning?.progress.left.length ?? 0) > 0;
  const account = isLeft ? await missingAccount(scope, rendered(target)) : undefined;
  if (account === "Released") return undefined;
  return {
    ...found,
    remaining,
    own,
    overdue: overduePods(own, pods.nodes, ages),
    foreign,
    nodes: pods.nodes,
    ...nodesCleaning,
    ...(account ? { missingAccount: account } : {}),
  };
}

/** Logs the fields that are not valid, once for each change of them: a deletion that waits is reconciled every 2 s. */
function reportProblems({ deps, context, live }: ReconcileScope, problems: readonly string[]): void {
  if (!deps.seen.since.isNew(`problems of ${live.metadata.uid}`, problems.join("; "))) return;
  if (problems.length > 0)
    context.log.warn(
      { problems },
      "fields of the spec are not valid; the deletion goes on as if they were not set",
    );
}

function cleaning(
  { deps, live: { metadata } }: ReconcileScope,
  target: MultusInstall | undefined,
  before: ApiObject | undefined,
  {
    nodes,
    own,
    foreign,
    whereabouts,
  }: Pick<ObservedDeletion, "nodes" | "own" | "foreign"> & { whereabouts: boolean },
): Pick<ObservedDeletion, "cleaning"> {
  if (!target) return {};
  const { confDir, binDir } = hostPaths(target.spec);
  const previous = uncleanDirectories(target, before)?.directories;
  const inUse = new Set(foreign.map(({ node }) => node));
  const request: CleaningRequest = {
    owner: taskOwner(target),
    key: metadata.uid ?? "",
    confDir,
    binDir,
    ...(previous ? { previous } : {}),
    ...(whereabouts ? { whereabouts } : {}),
    since: metadata.creationTimestamp ?? deps.now().toISOString(),
    nodes: nodes.filter(({ name }) => !inUse.has(name)),
    busy: new Set(own.map(({ node }) => node)),
    installing: deps.nodeTasks.nodesInstalling,
  };
  return { cleaning: { request, progress: deps.nodeTasks.cleaningProgress(request) } };
}

/** Labels `app` by the names of the DaemonSets that are not Multus'. Each of them ends only after its last pod. */
const OTHERS = new Map([
  [WHEREABOUTS, WHEREABOUTS],
  [DHCP_DAEMON, DHCP_APP],
]);

/** The pods of Multus and of the other DaemonSets, and the nodes. */
interface SeenPodsAndNodes {
  pods: MultusPodHealth[];
  others: MultusPodHealth[];
  nodes: readonly NodeView[];
}

/** Throws the NotSynced while it is worth waiting; returns it once spec.uninstall.timeout is over. */
async function podsAndNodes(
  { deps }: ReconcileScope,
  daemonSets: readonly InventoryEntry[],
  needsNodes: boolean,
  isOver: (unknownSeconds: number) => boolean,
): Promise<SeenPodsAndNodes | NotSynced> {
  const namespacesOf = (entries: readonly InventoryEntry[]) =>
    new Set(entries.map((entry) => entry.namespace ?? ""));
  try {
    const [pods, others]: [MultusPodHealth[], MultusPodHealth[]] = [[], []];
    for (const namespace of namespacesOf(daemonSets.filter(isMultusDaemonSet)))
      pods.push(...deps.seen.pods.newest(await deps.pods(namespace)));
    for (const [daemonSet, app] of OTHERS)
      for (const namespace of namespacesOf(daemonSets.filter(({ name }) => name === daemonSet)))
        others.push(...deps.seen.pods.newest(await deps.podsOf(namespace, app)));
    return { pods, others, nodes: needsNodes ? await deps.nodes() : [] };
  } catch (error) {
    if (error instanceof NotSynced && isOver(error.seconds)) return error;
    throw error;
  }
}

/**
 * Whether nodes have files of whereabouts that are this install's. Its CRDs stay in the inventory once it was switched off. Where
 * a whereabouts runs that is not the operator's, the files are in use.
 */
async function hadWhereabouts(
  scope: ReconcileScope,
  { spec: { namespace } }: MultusInstall,
  inventory: readonly InventoryEntry[],
): Promise<boolean> {
  if (!inventory.some(({ name }) => POOL_DEFINITIONS.includes(name))) return false;
  const ref = { type: DAEMON_SETS, namespace, name: WHEREABOUTS };
  return (await ownerOf(scope, entryOfRef(ref)))?.isOwn !== false;
}

/** Whose a DaemonSet is; undefined if there is none. */
async function ownerOf(
  { deps, live: install }: ReconcileScope,
  entry: InventoryEntry,
): Promise<DaemonSetOwner | undefined> {
  const live = await deps.client.get<ApiObject>(refOfEntry(entry));
  if (!live) return undefined;
  const isOfThis = isOwn(live) && !isOfAnotherInstall(live, install, deps.installs.values());
  return { isOwn: isOfThis, uid: live.metadata.uid };
}

/** The inventory, what the spec renders, and a rollout's guard: a status that was lost must not leave objects behind. */
function everythingOf(live: ApiObject, install: MultusInstall | undefined): InventoryEntry[] {
  const guard = install ? guardRefs(install.spec.namespace).map(entryOfRef) : [];
  const recorded = recordedInventory(live);
  const dhcp = install ? dhcpRefs(install, recorded).map(entryOfRef) : [];
  const known = new Map([...recorded, ...guard, ...dhcp].map((entry) => [entryKey(entry), entry]));
  for (const object of install ? rendered(install) : [])
    known.set(entryKey(entryOf(object)), entryOf(object));
  return [...known.values()];
}

/** Nothing of a spec that cannot be rendered. */
function rendered(install: MultusInstall): readonly KubeObject[] {
  try {
    return renderInstall(install).objects;
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return [];
  }
}
