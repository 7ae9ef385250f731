import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";

/** Whose a DaemonSet is that exists. */
export interface DaemonSetOwner {
  isOwn: boolean;
  uid: string | undefined;
}

/**
 * Separates the pods of an install's own DaemonSets, which a deletion waits for, from those of another Multus, which it
 * leaves alone: the names of DaemonSets are the same, so the uid of a DaemonSet that is not the operator's decides.
 * Pods without a DaemonSet are neither.
 *
 * @param owners those of each of `daemonSets`; undefined if it does not exist
 */
export function sortPods(
  pods: readonly MultusPodHealth[],
  daemonSets: readonly InventoryEntry[],
  owners: readonly (DaemonSetOwner | undefined)[],
): { own: MultusPodHealth[]; foreign: MultusPodHealth[] } {
  const names = new Set(daemonSets.map(({ name }) => name));
  const uids = new Set(owners.flatMap((owner) => (owner && !owner.isOwn ? [owner.uid] : [])));
  const isForeign = ({ daemonSet, daemonSetUid }: MultusPodHealth) =>
    daemonSet !== "" && (!names.has(daemonSet) || uids.has(daemonSetUid));
  return {
    own: pods.filter((pod) => pod.daemonSet !== "" && !isForeign(pod)),
    foreign: pods.filter(isForeign),
  };
}
