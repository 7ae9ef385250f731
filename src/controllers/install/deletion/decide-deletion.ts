import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { POOL_DEFINITIONS } from "../../../render/definitions.ts";
import type { Action } from "../actions/actions.ts";
import type { Plan, Step } from "../decide/plan.ts";
import { removalFromAllNodes } from "../decide/startup-taint.ts";
import { isDaemonSet } from "../is-daemon-set.ts";
import { carriedOver } from "../status/carried-over.ts";
import type { InstallState } from "../status/conditions.ts";
import { nodesCleaning } from "./node-cleanup.ts";
import type { ObservedDeletion } from "./observe-deletion.ts";

/** A node that failed is tried again by then; everything else comes as an event. */
const RECHECK_SECONDS = 2;

/** Nothing is left to do, and there is no object to write a status to. */
const GONE: Step = { actions: [], rechecks: [] };

const END_OF_NODE_TASKS: readonly Action[] = [
  { kind: "Inspect", plan: undefined },
  { kind: "AbandonLeftovers" },
  { kind: "ForgetDaemons" },
  { kind: "ServeCertificates", namespace: undefined, required: false },
];

/**
 * The order of a deletion: first the pods, since they need their account to the end; then each node as soon as its pod
 * is gone; then the rest, the account last; CRDs only if the spec asks for it. While nodes are not
 * clean, an account that is missing is created again. A pure function.
 */
export function decideDeletion(observed: ObservedDeletion | undefined): Plan {
  if (!observed) return { actions: [], unchanged: GONE, changed: GONE };
  const { inventory, remaining, late, cleaning } = observed;
  const nodes = nodesCleaning(observed);
  const account = nodes.waiting.length > 0 ? observed.missingAccount : undefined;
  const actions: Action[] = [
    // Before other requests: that the install exists was read just now.
    ...(account ? [{ kind: "CreateAccount", account } as const] : []),
    ...(observed.isReplaced ? [] : END_OF_NODE_TASKS),
    ...inventory.filter(isDaemonSet).map(deletionOf),
    ...(cleaning ? [{ kind: "CleanNodes", request: cleaning.request } as const] : []),
    ...(late ? podDeletions(observed) : []),
  ];
  const isEnding = remaining.length > 0;
  if (isEnding || nodes.waiting.length > 0) {
    const what = isEnding ? "waiting for the Multus pods to terminate" : "Multus' pods have terminated";
    const state = deleting([what, nodes.message].filter(Boolean).join("; "));
    const step: Step = { actions: [], state, rechecks: [RECHECK_SECONDS] };
    return { actions, unchanged: step, changed: step };
  }
  const last: Action[] = [
    ...actions,
    ...inventory
      .filter((entry) => !isDaemonSet(entry) && !isKept(entry, observed))
      .toReversed()
      .map(deletionOf),
    ...removalFromAllNodes(observed.nodes, observed.taintKeys),
    ...unclean(observed, nodes),
    { kind: "RemoveFinalizer" },
  ];
  return { actions: last, unchanged: GONE, changed: GONE };
}

/**
 * What is done about pods once spec.uninstall.timeout is over. A pod that can terminate does so in its own time, however short
 * the timeout is: Multus then removes its configuration, which otherwise calls a daemon that is gone.
 */
function podDeletions({ own, overdue }: ObservedDeletion): Action[] {
  return [
    ...own.filter(({ terminating }) => !terminating).map((pod): Action => ({ kind: "DeletePod", pod })),
    ...overdue.map((pod): Action => ({ kind: "ForceDeletePod", pod })),
  ];
}

/** The status, and an event, about nodes that are left as they are. */
function unclean(observed: ObservedDeletion, { left, message }: ReturnType<typeof nodesCleaning>): Action[] {
  if (left.length === 0) return [];
  const state = deleting(`spec.uninstall.timeout has passed, and some nodes are not cleaned: ${message}`);
  return [
    { kind: "WriteStatus", status: { ...carriedOver(observed), state } },
    { kind: "ReportNodesNotCleaned", nodes: left },
    { kind: "AbandonCleaning" },
  ];
}

/** NADs would go with their CRD, and the record of addresses with those of whereabouts. */
function isKept({ name }: InventoryEntry, { install }: ObservedDeletion): boolean {
  const { networkDefinitions, addressPools } = install?.spec.uninstall ?? {};
  return (
    (name === NETWORK_DEFINITION && networkDefinitions !== "Delete") ||
    (POOL_DEFINITIONS.includes(name) && addressPools !== "Delete")
  );
}

function deletionOf(entry: InventoryEntry): Action {
  return { kind: "Delete", entry };
}

function deleting(message: string): InstallState {
  return { kind: "Deleting", message };
}
