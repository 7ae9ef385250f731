import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";

/** status.rollout: what is kept of a canary, or of a rollout that failed. */
export type RolloutRecord = NonNullable<MultusInstallStatus["rollout"]>;
