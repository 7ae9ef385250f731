import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { counted } from "../../../crds/plural.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import { nodeFilesOf } from "../../../multus/node-files.ts";
import type { PreviousDirectories } from "../../../multus/previous-directories.ts";
import { flavourOf } from "../../../multus/releases.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import type { CleaningProgress, CleaningRequest } from "../../shared/node-tasks.ts";
import { taskOwner } from "../../shared/node-tasks.ts";
import { leftoverFiles } from "./leftover-files.ts";

/** How many nodes a sentence names. */
const MAX_NAMED = 3;

/** How far the nodes are from having nothing of a previous Multus. */
export interface LeftoverProgress {
  /** Nodes that are being cleaned, or whose turn has not come. */
  unclean: number;
  /** Nodes on which it failed; tried again, later each time. */
  failed: number;
  /** Nodes on which a previous directory stays as it is: the runtime seems to read it. */
  kept: number;
  /** What cannot be removed now, and is tried again. */
  warnings: string[];
}

/**
 * What to remove of what a Multus of another flavour left, once every node runs the one that the spec wants
 * (docs/adr/0008): from the nodes on which an inspection shows it. A node that is down is cleaned when it is back. No
 * inspection shows directories that the spec no longer has: after such a change each node is cleaned, and none is taken
 * for clean because it does not answer or was not inspected. A node without a pod of Multus is not cleaned: what it has may be another Multus'.
 * @param daemonSets the names of those that the spec has
 * @param revision of their templates
 * @param previous directories that the spec no longer has, if they may not be clean everywhere
 * @param seen the inspection of a node, if it is of what is there now, and the nodes that could not be inspected
 * @param since when the install was created, RFC 3339
 */
export function leftoversRequest(
  install: MultusInstall,
  {
    daemonSets,
    revision,
    since,
    previous,
  }: {
    daemonSets: readonly string[];
    revision: string;
    since: string;
    previous?: PreviousDirectories | undefined;
  },
  pods: readonly MultusPodHealth[],
  nodes: readonly NodeView[],
  {
    found,
    failures,
  }: { found: (node: string) => NodeInspection | undefined; failures: ReadonlyMap<string, string> },
): CleaningRequest {
  const { confDir, binDir } = hostPaths(install.spec);
  const flavour = flavourOf(install.spec);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const unclean = new Set<NodeView>();
  /** Nodes on which Multus may not be there yet. */
  const early: string[] = [];
  for (const { node: name, daemonSet, ready, terminating } of pods) {
    const node = byName.get(name);
    if (!node || !daemonSets.includes(daemonSet)) continue;
    const inspection = found(name);
    const runs = ready && !terminating;
    const left =
      inspection && leftoverFiles(inspection, nodeFilesOf(flavour), { confDir, binDir }, node.keepsCalls);
    if (previous || (node.reachable && runs && left && left.length > 0)) unclean.add(node);
    if (previous && node.reachable && !(runs && (inspection || failures.has(name)))) early.push(name);
  }
  const others = pods.filter(
    ({ daemonSet, terminating }) =>
      terminating || daemonSet === GUARD || (daemonSet !== "" && !daemonSets.includes(daemonSet)),
  );
  return {
    owner: taskOwner(install),
    key: `${install.metadata.uid} ${revision}${previous ? ` ${JSON.stringify(previous)}` : ""}`,
    runs: flavour,
    ...(previous ? { previous } : {}),
    confDir,
    binDir,
    since,
    nodes: [...unclean],
    busy: new Set([...others.map(({ node }) => node), ...early]),
  };
}

/**
 * Nodes on which Multus could run and has no pod. An earlier spec may have selected them, so that they may have its
 * files: nothing shows which of them never had Multus.
 */
export function nodesWithoutMultus(
  daemonSets: readonly string[],
  pods: readonly MultusPodHealth[],
  nodes: readonly NodeView[],
): NodeView[] {
  const having = new Set(
    pods.filter(({ daemonSet }) => daemonSets.includes(daemonSet)).map(({ node }) => node),
  );
  return nodes.filter(({ name, runsMultus }) => runsMultus && !having.has(name));
}

/** The progress in numbers, and warnings about the nodes on which it failed, or on which a directory stays. */
export function leftoverProgress({ left, kept = [] }: CleaningProgress): LeftoverProgress {
  const failed = left.filter(({ underWay, busy }) => !underWay && !busy);
  const warning = (nodes: readonly { node: string; reason: string }[], what: string, why: string) =>
    nodes.length === 0
      ? []
      : [
          `${what} on ${counted(nodes.length, "node")}, ${why}: ${nodes.slice(0, MAX_NAMED).map(named).join("; ")}`,
        ];
  return {
    unclean: left.length - failed.length,
    failed: failed.length,
    kept: kept.length,
    warnings: [
      ...warning(failed, "files of a previous Multus are still", "and the operator retries"),
      ...warning(
        kept,
        "a previous CNI directory was not cleaned",
        "because the container runtime seems to read it (check spec.distribution, spec.cni.confDir and spec.cni.binDir)",
      ),
    ],
  };
}

function named({ node, reason }: { node: string; reason: string }): string {
  return `${node}: ${reason.slice(0, 200)}`;
}
