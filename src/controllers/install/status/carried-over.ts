import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { recordedInventory } from "../inventory/inventory.ts";
import type { StatusInput } from "./status.ts";

/**
 * What outlives a reconcile that fails before it comes to it, and a deletion: without the distribution that was found,
 * the nodes would be cleaned in another one's directories.
 */
export function carriedOver({
  live,
  previous: { rollout, startupTaint, distribution },
}: {
  live: ApiObject;
  previous: MultusInstallStatus;
}): Omit<StatusInput, "state"> {
  return {
    inventory: recordedInventory(live),
    distribution,
    rolloutRecord: rollout && rollout.generation === live.metadata.generation ? rollout : undefined,
    startupTaint,
  };
}
