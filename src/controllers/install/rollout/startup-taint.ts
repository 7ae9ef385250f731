import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { ApiError } from "../../../kube/errors.ts";
import { NODES } from "../../../kube/resource.ts";
import type { Action } from "../actions/actions.ts";
import type { ReconcileScope } from "../scope.ts";

/**
 * A daemon writes its configuration a second or two after its container has started, and has no readiness
 * probe: a pod serves its node after it has been Ready for this long, as with the DaemonSet's minReadySeconds.
 */
const READY_SECONDS = 5;
/** How many waiting nodes the status names. */
const MAX_NAMED = 20;

/** What follows for the startup taint from the nodes and their pods. */
export interface TaintStep {
  actions: Action[];
  /** For the status: which nodes still wait. Undefined if the spec has no taint, and no node one of an earlier spec. */
  status?: MultusInstallStatus["startupTaint"];
  recheckAfterSeconds?: number;
}

/**
 * Removes the startup taint from each node on which Multus is ready. What to do follows from the nodes and pods
 * alone: an operator that died in between, or that another took over from, leaves no node behind.
 * @param previousKey what the status has: a key that the spec no longer has is removed everywhere, and stays there until then
 * @param daemonSets the names of Multus' DaemonSets
 */
export function startupTaintStep(
  key: string | undefined,
  previousKey: string | undefined,
  nodes: readonly NodeView[],
  pods: readonly MultusPodHealth[],
  daemonSets: readonly string[],
  ages: PodAges,
): TaintStep {
  const outdated = previousKey === key ? undefined : previousKey;
  const actions = outdated === undefined ? [] : taintRemovals(nodes, outdated);
  // The removal from a node whose taints have just changed is tried again, and what to remove is known by the status alone.
  const isLeft = outdated !== undefined && actions.length > 0;
  const left = isLeft
    ? {
        status: statusOf(
          outdated,
          actions.map(({ node }) => node.name),
        ),
      }
    : {};
  if (key === undefined) return { actions, ...left };
  const { served, nextInSeconds } = servedNodes(
    pods.filter((pod) => daemonSets.includes(pod.daemonSet)),
    ages,
  );
  const waiting = carrying(nodes, key);
  const ready = waiting.filter(({ name }) => served.has(name));
  const names = waiting.map(({ name }) => name).filter((name) => !served.has(name));
  return {
    actions: [...actions, ...taintRemovals(ready, key)],
    status: statusOf(key, names),
    ...(names.length > 0 && nextInSeconds !== undefined ? { recheckAfterSeconds: nextInSeconds } : {}),
    ...left,
  };
}

function statusOf(key: string, names: readonly string[]): NonNullable<TaintStep["status"]> {
  return {
    key,
    waitingTotal: names.length,
    ...(names.length > 0 ? { waiting: names.toSorted().slice(0, MAX_NAMED) } : {}),
  };
}

/** With Multus goes the reason to wait for it: no node keeps the taint. A right that was revoked does not hold the deletion. */
export function removalFromAllNodes(nodes: readonly NodeView[], keys: readonly string[]): Action[] {
  return keys.flatMap((key) =>
    taintRemovals(nodes, key).map((action) => ({ ...action, tolerateForbidden: true })),
  );
}

/** The keys of the taints that an install has, or had, nodes wait with. */
export function taintKeys(previous: MultusInstallStatus, install: MultusInstall | undefined): string[] {
  const keys = [install?.spec.nodes.startupTaint, previous.startupTaint?.key];
  return [...new Set(keys)].filter((key) => key !== undefined);
}

/** The nodes with a taint of this key. */
export function carrying(nodes: readonly NodeView[], key: string): NodeView[] {
  return nodes.filter(({ taints }) => taints.some((taint) => taint.key === key));
}

/** The nodes whose Multus pod has been Ready for long enough, and in how many seconds the next one will have been. */
export function servedNodes(
  pods: readonly MultusPodHealth[],
  ages: PodAges,
): { served: ReadonlySet<string>; nextInSeconds?: number } {
  const served = new Set<string>();
  let next: number | undefined;
  for (const pod of pods) {
    const { node, ready, terminating } = pod;
    if (!ready || terminating || node === "") continue;
    const left = READY_SECONDS - ages.ready(pod);
    if (left <= 0) served.add(node);
    else if (Number.isFinite(left)) next = Math.min(next ?? left, left);
  }
  return next === undefined ? { served } : { served, nextInSeconds: next };
}

function taintRemovals(nodes: readonly NodeView[], key: string): (Action & { kind: "RemoveTaint" })[] {
  return carrying(nodes, key).map((node) => ({ kind: "RemoveTaint", node, key }));
}

/** Carries the removal out. */
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
