import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallSpec } from "../../../crds/multus-install/spec.ts";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import type { UnhealthyNode } from "../../../diagnosis/diagnose.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import {
  differingNodes,
  nodeIssue,
  primaryNetworkStatus,
  refusedToken,
} from "../../../diagnosis/node-checks.ts";
import { stabilizationSeconds } from "../../../diagnosis/stabilization.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import { taskOwner } from "../../nodes/task-owner.ts";
import type { ReconcileScope } from "../scope.ts";

/** How many nodes that could not be looked at a warning names. */
const MAX_NAMED = 3;
/** Multus has written its configuration this long after its pod is Ready, even on a node that is busy. */
const SETTLED_SECONDS = 12;

/** What the looks at the nodes have shown so far. */
export interface InspectionFindings {
  /** At most one entry a node; by looks, or by what pods say of its token. */
  unhealthy: UnhealthyNode[];
  /** Nodes with a ready pod whose look is still to come, or came too early to tell. */
  unseen: string[];
  /** After how many seconds an entry is over by itself. */
  againSeconds: number[];
}

const NOTHING: InspectionFindings = { unhealthy: [], unseen: [], againSeconds: [] };

/**
 * Says which nodes are to be looked at from now on, and what the looks so far have shown; the findings get
 * what the status tells of it.
 */
export async function inspectionsOf(
  scope: ReconcileScope,
  pods: readonly MultusPodView[],
): Promise<InspectionFindings> {
  const { nodeTasks: nodes } = scope.deps;
  const { install } = scope.findings;
  if (!install) return NOTHING;
  const { spec } = install;
  if (spec.nodes.inspection === "Off" || !nodes.canRun) {
    nodes.plan(undefined);
    return NOTHING;
  }
  await scope.deps.nodes();
  const issueOf = (found: NodeInspection) => nodeIssue(spec, found, scope.deps.now());
  if (spec.paused) nodes.pause();
  else
    nodes.plan({
      owner: taskOwner(install),
      ...placesOf(install),
      nodes: statesOf(pods, scope.deps.now()),
      isFine: (found) => issueOf(found) === undefined,
    });
  const inspections = nodes.inspections.values();
  const primaryNetwork = primaryNetworkStatus(spec, inspections);
  if (primaryNetwork) scope.findings.primaryNetwork = primaryNetwork;
  scope.findings.nodeWarnings = [...differingNodes(primaryNetwork), ...failedInspections(nodes.failures)];
  // What was seen while another pod of Multus was there says nothing of this one.
  const telling = inspections
    .filter(({ node }) => nodes.isCurrent(node))
    .map((found) => ({ found, node: found.node, issue: issueOf(found) }))
    .filter(({ found, issue }) => issue === undefined || !isEarly(found, pods));
  const seen = new Set([...telling.map(({ node }) => node), ...nodes.failures.keys()]);
  const running = pods.filter(({ ready, terminating }) => ready && !terminating).map(({ node }) => node);
  const unhealthy = telling.flatMap(({ issue }) => issue ?? []);
  const refused = refusedTokens(scope, spec, pods);
  const named = new Set(unhealthy.map(({ node }) => node));
  return {
    unhealthy: [...unhealthy, ...refused.map(({ issue }) => issue).filter(({ node }) => !named.has(node))],
    unseen: spec.paused ? [] : running.filter((node) => !seen.has(node)).toSorted(),
    againSeconds: refused.map(({ seconds }) => seconds),
  };
}

function refusedTokens(scope: ReconcileScope, spec: MultusInstallSpec, pods: readonly MultusPodView[]) {
  const { inspections } = scope.deps.nodeTasks;
  const now = scope.deps.now();
  return pods.flatMap(({ node, ready, terminating, readySince }) =>
    ready && !terminating
      ? (refusedToken(spec, node, inspections.refusedAt(node), readySince, now) ?? [])
      : [],
  );
}

/**
 * A busy node's Multus takes longer to write its configuration. What a look found missing that early is not
 * told yet; the next look is some seconds later. Both times are by the node's clock.
 */
export function isEarly(
  { node, at }: Pick<NodeInspection, "node" | "at">,
  pods: readonly Pick<MultusPodView, "node" | "ready" | "readySince" | "issue">[],
): boolean {
  // One that crashes is Ready for a moment at each start: what was seen while it did not run still holds.
  const since = pods.find((pod) => pod.node === node && pod.ready && !pod.issue)?.readySince;
  return since !== undefined && Date.parse(at) - Date.parse(since) < SETTLED_SECONDS * 1000;
}

/** Where a look is taken: the configuration and every directory that plugins are called from. */
function placesOf({ spec }: MultusInstall): { confDir: string; binDirs: string[] } {
  const { confDir, binDir } = hostPaths(spec);
  return { confDir, binDirs: [binDir, ...(spec.cni.additionalBinDir ? [spec.cni.additionalBinDir] : [])] };
}

/**
 * Each node with a Multus pod: another pod, or one that fails or runs by now, is something new to look at. A pod
 * that is starting is not, nor are the phases of a crash loop.
 */
function statesOf(pods: readonly MultusPodView[], now: Date): Map<string, string | undefined> {
  const states = new Map<string, string | undefined>();
  for (const pod of pods) {
    const { name, node, ready, issue, terminating } = pod;
    if (node === "" || (terminating && states.has(node))) continue;
    const fails = issue !== undefined && (!ready || stabilizationSeconds(pod, now) > 0);
    const state = fails ? "fails" : ready ? "ready" : undefined;
    states.set(node, terminating || state === undefined ? undefined : `${name} ${state}`);
  }
  return states;
}

function failedInspections(failures: ReadonlyMap<string, string>): string[] {
  if (failures.size === 0) return [];
  const named = [...failures].slice(0, MAX_NAMED).map(([node, why]) => `${node}: ${why.slice(0, 200)}`);
  return [`${failures.size} nodes could not be looked at (spec.nodes.inspection): ${named.join("; ")}`];
}
