import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { Action } from "../actions/actions.ts";
import { servedNodes } from "../rollout/served-nodes.ts";

/** How many waiting nodes the status names. */
const MAX_NAMED = 20;

/** What is known of the startup taint. */
export interface TaintView {
  /** The spec's. */
  key: string | undefined;
  /** What the status has: a key that the spec no longer has is removed everywhere, and stays there until then. */
  previousKey: string | undefined;
  nodes: readonly NodeView[];
  pods: readonly MultusPodHealth[];
  /** The names of Multus' DaemonSets. */
  daemonSets: readonly string[];
  ages: PodAges;
}

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
 */
export function startupTaintStep({ key, previousKey, nodes, pods, daemonSets, ages }: TaintView): TaintStep {
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

function taintRemovals(nodes: readonly NodeView[], key: string): (Action & { kind: "RemoveTaint" })[] {
  return carrying(nodes, key).map((node) => ({ kind: "RemoveTaint", node, key }));
}
