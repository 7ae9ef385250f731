import { listed } from "../../../crds/listed.ts";
import { counted } from "../../../crds/plural.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NotSynced } from "../../../kube/errors.ts";
import type { NodeNotCleaned } from "../../shared/node-tasks.ts";
import type { ReconcileScope } from "../scope.ts";
import type { ObservedDeletion } from "./observe-deletion.ts";
import { ALL_NODES } from "./unknown-nodes.ts";

/** How many nodes a sentence names. */
const MAX_NAMED = 5;

/** How far the nodes of an install that is being deleted are. */
export interface NodesCleaning {
  /** Nodes that are still waited for; if there are none, the deletion goes on. */
  waiting: readonly NodeNotCleaned[];
  /** Nodes that are not clean, waited for or not. */
  left: readonly NodeNotCleaned[];
  message: string;
}

/**
 * How far the nodes are. Once the time is over, only nodes on which the cleaning is under way, or whose turn has not
 * come, are waited for.
 */
export function nodesCleaning(observed: ObservedDeletion): NodesCleaning {
  const { cleaning, foreign, late, unknown } = observed;
  if (unknown) return unknownNodes(observed, unknown);
  if (!cleaning) return { waiting: [], left: [], message: "" };
  const { total, cleaned, left } = cleaning.progress;
  const waiting = left.filter(({ underWay }) => underWay || !late);
  const which = waiting.length > 0 ? `; waiting for ${namesOf(waiting)}` : "";
  return {
    waiting,
    left,
    message: `${cleaned} of ${counted(total, "node")} cleaned${which}${leftToOthers(foreign)}`,
  };
}

/**
 * If it is not known which nodes there are, or whether their Multus pods have ended, none is cleaned, and none is
 * freed of the startup taint.
 */
function unknownNodes({ taintKeys, concernsNodes }: ObservedDeletion, { message }: NotSynced): NodesCleaning {
  const reason =
    taintKeys.length > 0 ? `${message}; the startup taint ${taintKeys.join(", ")} stays` : message;
  return {
    waiting: [],
    left: concernsNodes ? [{ node: ALL_NODES, reason, underWay: false, busy: false }] : [],
    message: concernsNodes ? `${ALL_NODES} are unknown, and none is cleaned: ${reason}` : "",
  };
}

/** Nodes on which another Multus runs are not cleaned, and the message says so. */
function leftToOthers(foreign: readonly MultusPodHealth[]): string {
  const [first] = foreign;
  if (!first) return "";
  const { size } = new Set(foreign.map(({ node }) => node));
  const nodes = size === 1 ? "1 node is" : `${size} nodes are`;
  return `; ${nodes} left as found: DaemonSet ${first.namespace}/${first.daemonSet}, which is not the operator's, runs Multus there`;
}

/** Reports which nodes were left as they are: in the log all of them, in an event as many as fit. */
export async function reportNodesNotCleaned(
  { context, deps, live }: ReconcileScope,
  nodes: readonly NodeNotCleaned[],
): Promise<void> {
  for (const { node, reason } of nodes) context.log.warn({ node, reason }, "node not cleaned");
  await deps.events.send(live, {
    type: "Warning",
    reason: "NodesNotCleaned",
    action: "Uninstall",
    key: "NodesNotCleaned", // sent once, also if the finalizer is removed only at a later attempt
    note: noteOf(nodes),
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

function namesOf(nodes: readonly NodeNotCleaned[]): string {
  return listed(
    nodes.map(({ node, reason }) => `${node} (${reason.slice(0, 200)})`),
    MAX_NAMED,
  );
}
