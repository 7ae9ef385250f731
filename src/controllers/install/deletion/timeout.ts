import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { secondsOf } from "../../../crds/multus-install/text.ts";
import type { ReconcileScope } from "../scope.ts";
import { secondsObserved } from "../seconds-observed.ts";

/**
 * Whether spec.uninstall.timeout is over, counted from when this operator first observed the deletion: the API server's
 * clock, which the deletion's time is by, may be behind, and nodes would not be cleaned. Nor would they be if the time
 * counted in which the operator was suspended, or the API server away.
 */
export function isLate({ live, deps }: ReconcileScope, install: MultusInstall | undefined): boolean {
  return secondsObserved(deps, `deletion of ${live.metadata.uid}`, "") >= timeoutSeconds(install);
}

/** spec.uninstall.timeout; none for a spec that cannot be read. */
export function timeoutSeconds(install: MultusInstall | undefined): number {
  return install ? secondsOf(install.spec.uninstall.timeout) : 0;
}
