import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import type { Deletion } from "../inventory/prune.ts";
import type { InventoryEntry } from "../status/status.ts";

/**
 * Tells the pods of an install's own DaemonSets, which a deletion waits for, from those of another Multus, which it
 * leaves alone: the names of DaemonSets are the same, so the uid of a DaemonSet that is not the operator's decides.
 * Pods without a DaemonSet are neither.
 *
 * @param deletions what became of each of `daemonSets`
 */
export function sortPods(
  pods: readonly MultusPodView[],
  daemonSets: readonly InventoryEntry[],
  deletions: readonly Deletion[],
): { own: MultusPodView[]; foreign: MultusPodView[] } {
  const names = new Set(daemonSets.map(({ name }) => name));
  const uids = new Set(deletions.flatMap((deletion) => (deletion.state === "Foreign" ? [deletion.uid] : [])));
  const isForeign = ({ daemonSet, daemonSetUid }: MultusPodView) =>
    daemonSet !== "" && (!names.has(daemonSet) || uids.has(daemonSetUid));
  return {
    own: pods.filter((pod) => pod.daemonSet !== "" && !isForeign(pod)),
    foreign: pods.filter(isForeign),
  };
}
