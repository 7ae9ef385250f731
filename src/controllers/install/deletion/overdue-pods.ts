import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";

/**
 * The pods that will not terminate without help: they had their time for it, or no kubelet is there that could confirm it.
 * @param nodes may be empty, if they are not needed otherwise
 */
export function overduePods(
  pods: readonly MultusPodHealth[],
  nodes: readonly NodeView[],
  ages: PodAges,
): MultusPodHealth[] {
  const lost = new Set(nodes.filter(({ reachable }) => !reachable).map(({ name }) => name));
  return pods.filter((pod) => pod.terminating && (lost.has(pod.node) || ages.overdue(pod) > 0));
}
