import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { secondsOf } from "../../../crds/multus-install/text.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { ApiError } from "../../../kube/errors.ts";
import type { NotSynced } from "../../../kube/not-synced.ts";
import { PODS } from "../../../kube/resource.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import type { NodeNotCleaned } from "../../nodes/cleaner.ts";
import { taskOwner } from "../../nodes/task-owner.ts";
import type { ReconcileScope } from "../scope.ts";
import { taintKeys } from "../startup-taint.ts";
import { ALL_NODES } from "./unknown-nodes.ts";

/** How many nodes a sentence names. */
const MAX_NAMED = 5;

/** How far the nodes of an install that is being deleted are. */
export interface NodesCleaning {
  /** Nodes that are still waited for; none: the deletion may go on. */
  waiting: readonly NodeNotCleaned[];
  /** Nodes that are not clean, waited for or not. */
  left: readonly NodeNotCleaned[];
  message: string;
  /** spec.uninstall.timeout is over: what is stuck is left behind. */
  late: boolean;
}

/**
 * Cleans what can be cleaned of the install's nodes, and says what is left. Once the time is over, only nodes
 * on which it is under way, or whose turn has not come, are waited for.
 * @param pods the install's own
 * @param foreign those of another Multus: what is on their nodes is in use, and stays
 * @param install undefined where its spec cannot be read: then nobody knows where to clean
 */
export async function cleanNodes(
  scope: ReconcileScope,
  install: MultusInstall | undefined,
  pods: readonly MultusPodView[],
  foreign: readonly MultusPodView[],
): Promise<NodesCleaning> {
  const { metadata } = scope.live;
  const late = isLate(scope, install);
  const target = cleaningTarget(scope, install);
  if (!target) return { waiting: [], left: [], message: "", late };
  const { confDir, binDir } = hostPaths(target.spec);
  const nodes = await scope.deps.nodes();
  const inUse = new Set(foreign.map(({ node }) => node));
  const progress = scope.deps.nodeTasks.clean({
    owner: taskOwner(target),
    key: metadata.uid ?? "",
    confDir,
    binDir,
    since: metadata.creationTimestamp ?? scope.deps.now().toISOString(),
    nodes: nodes.filter(({ name }) => !inUse.has(name)),
    busy: new Set(pods.map(({ node }) => node)),
  });
  const waiting = progress.left.filter(({ underWay }) => underWay || !late);
  const which = waiting.length > 0 ? `; waiting for ${namesOf(waiting)}` : "";
  return {
    waiting,
    left: progress.left,
    message: `${progress.cleaned} of ${progress.total} nodes cleaned${which}${leftToOthers(foreign)}`,
    late,
  };
}

/**
 * How far the nodes are if it is not known which there are, or whether their Multus pods have ended: none is cleaned,
 * and none is freed of the startup taint.
 */
export function unknownNodes(
  scope: ReconcileScope,
  install: MultusInstall | undefined,
  { message }: NotSynced,
): NodesCleaning {
  const keys = taintKeys(scope, install);
  const reason = keys.length > 0 ? `${message}; the startup taint ${keys.join(", ")} stays` : message;
  const isAtStake = cleaningTarget(scope, install) !== undefined || keys.length > 0;
  return {
    waiting: [],
    left: isAtStake ? [{ node: ALL_NODES, reason, underWay: false, busy: false }] : [],
    message: isAtStake ? `${ALL_NODES} are unknown, and none is cleaned: ${reason}` : "",
    late: true,
  };
}

/** The install whose nodes are to be cleaned; undefined if none are, or none can be. */
export function cleaningTarget(
  scope: ReconcileScope,
  install: MultusInstall | undefined,
): MultusInstall | undefined {
  return install?.spec.uninstall.nodes !== "Leave" && scope.deps.nodeTasks.canRun ? install : undefined;
}

/** Whether spec.uninstall.timeout is over. */
export function isLate({ live, deps }: ReconcileScope, install: MultusInstall | undefined): boolean {
  const since = Date.parse(live.metadata.deletionTimestamp ?? "");
  return deps.now().getTime() >= since + timeoutSeconds(install) * 1000;
}

/** spec.uninstall.timeout; none for a spec that cannot be read. */
export function timeoutSeconds(install: MultusInstall | undefined): number {
  return install ? secondsOf(install.spec.uninstall.timeout) : 0;
}

/** Nodes on which another Multus runs are not cleaned, and the message says so. */
function leftToOthers(foreign: readonly MultusPodView[]): string {
  const [first] = foreign;
  if (!first) return "";
  const { size } = new Set(foreign.map(({ node }) => node));
  const nodes = size === 1 ? "1 node is" : `${size} nodes are`;
  return `; ${nodes} left as found: DaemonSet ${first.namespace}/${first.daemonSet}, which is not the operator's, runs Multus there`;
}

/** Says which nodes were left as they are: in the log all of them, in an event as many as fit. */
export async function emitNodesNotCleaned(
  scope: ReconcileScope,
  left: readonly NodeNotCleaned[],
): Promise<void> {
  for (const { node, reason } of left) scope.context.log.warn({ node, reason }, "node not cleaned");
  if (left.length === 0) return;
  await scope.deps.events.send(scope.live, {
    type: "Warning",
    reason: "NodesNotCleaned",
    action: "Uninstall",
    key: "NodesNotCleaned", // sent once, also if the finalizer is removed only at a later attempt
    note: noteOf(left),
  });
}

function noteOf(left: readonly NodeNotCleaned[]): string {
  const unknown = left.find(({ node }) => node === ALL_NODES);
  if (unknown)
    return `All nodes are unknown, and none was cleaned within spec.uninstall.timeout: ${unknown.reason}. Multus' configuration may be on each of them: once this can be read, apply the same MultusInstall, wait until it is Ready and delete it, or clean the nodes by hand, see docs/guides/uninstall.md`;
  const nodes = left.length === 1 ? "1 node was" : `${left.length} nodes were`;
  return `${nodes} not cleaned within spec.uninstall.timeout, see docs/guides/uninstall.md: ${left
    .map(({ node, reason }) => `${node} (${reason})`)
    .join(", ")}`;
}

/**
 * A pod on a node that is down ends only when its kubelet says so, which may be never: it is taken from the API.
 * @param pods the install's own
 */
export async function forgetPods(scope: ReconcileScope, pods: readonly MultusPodView[]): Promise<void> {
  for (const { name, namespace, node, uid } of pods) {
    scope.context.log.warn(
      { pod: `${namespace}/${name}`, node },
      "pod did not terminate; force-deleting it without its kubelet's confirmation",
    );
    try {
      await scope.deps.client.delete(
        { type: PODS, namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      // Another pod has the name by now: the one that was meant is gone.
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
  }
}

function namesOf(nodes: readonly NodeNotCleaned[]): string {
  const named = nodes.slice(0, MAX_NAMED).map(({ node, reason }) => `${node} (${reason.slice(0, 200)})`);
  const more = nodes.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
