import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import { nodeFilesOf } from "../../../multus/node-files.ts";
import { flavourOf } from "../../../multus/releases.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { taskOwner } from "../../nodes/task-owner.ts";
import type { ReconcileScope } from "../scope.ts";
import { leftoverFiles } from "./leftover-files.ts";

/** How many nodes a sentence names. */
const MAX_NAMED = 3;

/** How far the nodes are from having nothing of an earlier Multus. */
export interface LeftoverProgress {
  /** Nodes that are being cleaned, or whose turn has not come. */
  unclean: number;
  /** Nodes on which it failed; tried again, later each time. */
  failed: number;
  /** What cannot be removed now, and is tried again. */
  warnings: string[];
}

/**
 * Once every node runs the Multus that the spec wants: has removed what one of another flavour left, where a
 * look at the node shows it (docs/adr/0008). A node that is down is seen to when it is back.
 * @param daemonSets the names of those that the spec has
 * @param revision of their templates
 */
export async function removeLeftovers(
  scope: ReconcileScope,
  install: MultusInstall,
  daemonSets: readonly string[],
  revision: string,
  pods: readonly MultusPodView[],
): Promise<LeftoverProgress> {
  const { nodeTasks } = scope.deps;
  const { spec } = install;
  if (!nodeTasks.canRun || spec.nodes.inspection === "Off") return { unclean: 0, failed: 0, warnings: [] };
  const nodes = new Map((await scope.deps.nodes()).map((node) => [node.name, node]));
  const { confDir, binDir } = hostPaths(spec);
  const flavour = flavourOf(spec);
  const unclean: NodeView[] = [];
  for (const { node: name, daemonSet, ready, terminating } of pods) {
    const node = nodes.get(name);
    if (!node?.reachable || !ready || terminating || !daemonSets.includes(daemonSet)) continue;
    if (!nodeTasks.isCurrent(name)) continue;
    const found = nodeTasks.inspections.get(name);
    const left = found && leftoverFiles(found, nodeFilesOf(flavour), { confDir, binDir }, node.keepsCalls);
    if (left && left.length > 0) unclean.push(node);
  }
  const others = pods.filter(
    ({ daemonSet, terminating }) =>
      terminating || daemonSet === GUARD || (daemonSet !== "" && !daemonSets.includes(daemonSet)),
  );
  const { left } = nodeTasks.cleanLeftovers({
    owner: taskOwner(install),
    key: `${install.metadata.uid} ${revision}`,
    runs: flavour,
    confDir,
    binDir,
    since: scope.live.metadata.creationTimestamp ?? scope.deps.now().toISOString(),
    nodes: unclean,
    busy: new Set(others.map(({ node }) => node)),
  });
  const failed = left.filter(({ underWay, busy }) => !underWay && !busy);
  const named = failed.slice(0, MAX_NAMED).map(({ node, reason }) => `${node}: ${reason.slice(0, 200)}`);
  return {
    unclean: left.length - failed.length,
    failed: failed.length,
    warnings:
      failed.length === 0
        ? []
        : [
            `${failed.length} nodes still have files of an earlier Multus, it is tried again: ${named.join("; ")}`,
          ],
  };
}
