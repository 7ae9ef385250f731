import type { Condition } from "../../../crds/conditions.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { ApiObject } from "../../../kube/resource.ts";

/**
 * Whether the status reports Ready for this very spec: that is reported once the nodes were inspected, and stands from
 * then on until something shows the opposite, also after a restart of the operator.
 */
export function isReadyAlready({
  live,
  previous,
}: {
  live: ApiObject;
  previous: MultusInstallStatus;
}): boolean {
  const ready = previous.conditions?.find(({ type }) => type === "Ready");
  return wasReady(ready) && ready?.observedGeneration === live.metadata.generation;
}

/** Unknown is written in place of True alone, while it is not known whether it still holds. */
function wasReady(ready: Condition | undefined): boolean {
  return ready?.status === "True" || (ready?.status === "Unknown" && ready.reason === "Syncing");
}
