import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { secondsOf } from "../../../crds/multus-install/text.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import { PODS } from "../../../kube/resource.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import type { UncleanNode } from "../../nodes/cleaner.ts";
import { taskOwner } from "../../nodes/task-owner.ts";
import type { Run } from "../scope.ts";

/** How many nodes a sentence names. */
const MOST_NAMED = 5;

/** How far the nodes of an install that is being deleted are. */
export interface NodesCleaning {
  /** Nodes that are still waited for; none: the deletion may go on. */
  waiting: readonly UncleanNode[];
  /** Nodes that are not clean, waited for or not. */
  left: readonly UncleanNode[];
  message: string;
  /** spec.uninstall.timeout is over: what is stuck is left behind. */
  late: boolean;
}

/**
 * Cleans what can be cleaned of the install's nodes, and says what is left. Once the time is over, only nodes
 * on which it is under way, or whose turn has not come, are waited for.
 * @param install undefined where its spec cannot be read: then nobody knows where to clean
 */
export function cleanNodes(
  run: Run,
  install: MultusInstall | undefined,
  pods: readonly MultusPodView[],
  nodes: readonly NodeView[],
): NodesCleaning {
  const { metadata } = run.live;
  const timeout = secondsOf(install?.spec.uninstall.timeout ?? "0s") * 1000;
  const late = run.deps.now().getTime() >= Date.parse(metadata.deletionTimestamp ?? "") + timeout;
  if (!install || install.spec.uninstall.nodes === "Leave" || !run.deps.nodeTasks.canRun)
    return { waiting: [], left: [], message: "", late };
  const { confDir, binDir } = hostPaths(install.spec);
  const progress = run.deps.nodeTasks.clean({
    owner: taskOwner(install),
    key: metadata.uid ?? "",
    confDir,
    binDir,
    since: metadata.creationTimestamp ?? run.deps.now().toISOString(),
    nodes,
    busy: new Set(pods.map(({ node }) => node)),
  });
  const waiting = progress.left.filter(({ underWay }) => underWay || !late);
  const which = waiting.length > 0 ? `; waiting for ${namesOf(waiting)}` : "";
  return {
    waiting,
    left: progress.left,
    message: `${progress.cleaned} of ${progress.total} nodes cleaned${which}`,
    late,
  };
}

/** Says which nodes were left as they are: in the log all of them, in an event as many as fit. */
export async function tellUncleanNodes(run: Run, left: readonly UncleanNode[]): Promise<void> {
  for (const { node, reason } of left) run.context.log.warn({ node, reason }, "node not cleaned");
  if (left.length === 0) return;
  await run.deps.events.send(run.live, {
    type: "Warning",
    reason: "NodesNotCleaned",
    action: "Uninstall",
    note: `${left.length} nodes were not cleaned within spec.uninstall.timeout, see docs/guides/uninstall.md: ${left
      .map(({ node, reason }) => `${node} (${reason})`)
      .join(", ")}`,
  });
}

/** A pod on a node that is down ends only when its kubelet says so, which may be never: it is taken from the API. */
export async function forgetPods(run: Run, pods: readonly MultusPodView[]): Promise<void> {
  for (const { name, namespace, node } of pods) {
    run.context.log.warn(
      { pod: `${namespace}/${name}`, node },
      "pod did not end, it is removed without its node's word",
    );
    await run.deps.client.delete({ type: PODS, namespace, name }, { gracePeriodSeconds: 0 });
  }
}

function namesOf(nodes: readonly UncleanNode[]): string {
  const named = nodes.slice(0, MOST_NAMED).map(({ node, reason }) => `${node} (${reason.slice(0, 200)})`);
  const more = nodes.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
