import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallSpec } from "../../../crds/multus-install/spec.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { counted } from "../../../crds/plural.ts";
import type { UnhealthyNode } from "../../../diagnosis/diagnose.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import {
  differingNodes,
  nodeIssue,
  primaryNetworkStatus,
  rejectedToken,
} from "../../../diagnosis/node-checks.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { stabilizationSeconds } from "../../../diagnosis/stabilization.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import type { InspectionPlan } from "../../shared/node-tasks.ts";
import { taskOwner } from "../../shared/node-tasks.ts";

/** How many nodes that could not be inspected a warning names. */
const MAX_NAMED = 3;
/** Multus has written its configuration this long after its pod is Ready, even on a node that is busy. */
const SETTLED_SECONDS = 12;

/** What is known of nodes by inspections, and by what pods report. */
export interface KnownOfNodes {
  inspections: readonly NodeInspection[];
  /** Nodes that could not be inspected, and why. */
  failures: ReadonlyMap<string, string>;
  /** Whether the newest inspection of the node was of what is there now. */
  isCurrent: (node: string) => boolean;
  /** When the API server last rejected Multus' token on a node, by its kubelet's clock, and how long ago; ms. */
  rejected: (node: string) => { at: number; age: number } | undefined;
}

/** What the inspections have shown so far. */
export interface InspectionFindings {
  /** At most one entry per node; by inspections, or by what pods report of its token. */
  unhealthy: UnhealthyNode[];
  /** Nodes with a ready pod that are still to be inspected, or were inspected too early to know. */
  unseen: string[];
  /** After how many seconds an entry is over. */
  againSeconds: number[];
  primaryNetwork?: MultusInstallStatus["primaryNetwork"];
  warnings: string[];
}

export const NO_INSPECTIONS: InspectionFindings = {
  unhealthy: [],
  unseen: [],
  againSeconds: [],
  warnings: [],
};

/** Which nodes are to be inspected from now on. */
export function inspectionPlan(
  install: MultusInstall,
  pods: readonly MultusPodHealth[],
  ages: PodAges,
  now: () => Date,
): InspectionPlan {
  const { spec } = install;
  const daemons = nodesWithDaemon(pods);
  return {
    owner: taskOwner(install),
    ...placesOf(install),
    nodes: statesOf(pods, ages),
    isFine: (found) => nodeIssue(spec, found, now(), daemons.has(found.node)) === undefined,
  };
}

/** What is known of the nodes of these pods. */
export function inspectionFindings(
  spec: MultusInstallSpec,
  pods: readonly MultusPodHealth[],
  { inspections, failures, isCurrent, rejected }: KnownOfNodes,
  now: Date,
): InspectionFindings {
  const primaryNetwork = primaryNetworkStatus(spec, inspections);
  const daemons = nodesWithDaemon(pods);
  // What was seen while another pod of Multus was there shows nothing of this one.
  const valid = inspections
    .filter(({ node }) => isCurrent(node))
    .map((found) => ({
      found,
      node: found.node,
      issue: nodeIssue(spec, found, now, daemons.has(found.node)),
    }))
    .filter(({ found, issue }) => issue === undefined || !isEarly(found, pods));
  const seen = new Set([...valid.map(({ node }) => node), ...failures.keys()]);
  const running = pods.filter(({ ready, terminating }) => ready && !terminating);
  const unhealthy = valid.flatMap(({ issue }) => issue ?? []);
  const rejections = running.flatMap(
    ({ node, readySince }) => rejectedToken(spec, node, rejected(node), readySince) ?? [],
  );
  const named = new Set(unhealthy.map(({ node }) => node));
  const unseen = running.map(({ node }) => node).filter((node) => !seen.has(node));
  return {
    unhealthy: [...unhealthy, ...rejections.map(({ issue }) => issue).filter(({ node }) => !named.has(node))],
    unseen: spec.paused ? [] : unseen.toSorted(),
    againSeconds: rejections.map(({ seconds }) => seconds),
    ...(primaryNetwork ? { primaryNetwork } : {}),
    warnings: [...differingNodes(primaryNetwork), ...failedInspections(failures)],
  };
}

/**
 * A busy node's Multus takes longer to write its configuration. What an inspection found missing that early is not
 * reported yet; the next one is some seconds later. Both times are by the node's clock.
 */
export function isEarly(
  { node, at }: Pick<NodeInspection, "node" | "at">,
  pods: readonly Pick<MultusPodHealth, "node" | "ready" | "readySince" | "issue">[],
): boolean {
  // One that crashes is Ready for a moment at each start: what was seen while it did not run still holds.
  const since = pods.find((pod) => pod.node === node && pod.ready && !pod.issue)?.readySince;
  return since !== undefined && Date.parse(at) - Date.parse(since) < SETTLED_SECONDS * 1000;
}

/** What an inspection reads: the configuration and every directory that plugins are called from. */
function placesOf({ spec }: MultusInstall): { confDir: string; binDirs: string[] } {
  const { confDir, binDir } = hostPaths(spec);
  return { confDir, binDirs: [binDir, ...(spec.cni.additionalBinDir ? [spec.cni.additionalBinDir] : [])] };
}

/**
 * Each node with a Multus pod: another pod, or one that fails or runs by now, is something new to inspect. A pod
 * that is starting is not, nor are the phases of a crash loop.
 */
function statesOf(pods: readonly MultusPodHealth[], ages: PodAges): Map<string, string | undefined> {
  const states = new Map<string, string | undefined>();
  for (const pod of pods) {
    const { name, node, ready, issue, terminating } = pod;
    if (node === "" || (terminating && states.has(node))) continue;
    const fails = issue !== undefined && (!ready || stabilizationSeconds(pod, ages) > 0);
    const state = fails ? "fails" : ready ? "ready" : undefined;
    states.set(node, terminating || state === undefined ? undefined : `${name} ${state}`);
  }
  return states;
}

/** The nodes on which a daemon is Ready. */
function nodesWithDaemon(pods: readonly MultusPodHealth[]): Set<string> {
  const running = pods.filter(({ isDaemon, ready, terminating }) => isDaemon && ready && !terminating);
  return new Set(running.map(({ node }) => node));
}

/** A warning about nodes that could not be inspected. */
function failedInspections(failures: ReadonlyMap<string, string>): string[] {
  if (failures.size === 0) return [];
  const named = [...failures].slice(0, MAX_NAMED).map(([node, why]) => `${node}: ${why.slice(0, 200)}`);
  return [
    `${counted(failures.size, "node")} could not be inspected (spec.nodes.inspection): ${named.join("; ")}`,
  ];
}
