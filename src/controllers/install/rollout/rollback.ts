import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { shorten } from "../../../diagnosis/shorten.ts";
import type { UnhealthyReason } from "../../../diagnosis/unhealthy-reasons.ts";
import { phaseOf, type Rollout, type RolloutPhase } from "./assess.ts";
import type { RolloutRecord } from "./rollout-record.ts";

/** What is applied instead of the spec, and why. */
export interface Rollback {
  install: MultusInstall;
  record: RolloutRecord;
}

/**
 * The failed rollout that is to be rolled back: the spec's own rollout has failed and the spec has `rollback`; it holds
 * until the object changes. Undefined if the spec itself is to be applied.
 */
export function failedRollout(
  install: MultusInstall,
  { rollout: record }: MultusInstallStatus,
  generation: number | undefined,
): RolloutRecord | undefined {
  if (install.spec.paused || !install.spec.rollout.rollback) return undefined;
  if (!record || record.generation !== generation) return undefined;
  return record.state === "Failed" || record.state === "RolledBack" ? record : undefined;
}

/** Faults that any other spec would meet as well: a rollback fixes none of them. */
const NOT_OF_THE_SPEC: readonly UnhealthyReason[] = ["NodeNotReady", "StuckTerminating"];

/**
 * Whether what keeps a rollout from progressing may be what the spec changed of Multus. If only whereabouts is behind, Multus runs
 * as the spec wants, and a rollback would take the rest of the spec back, or whereabouts with its permissions.
 */
export function isOfTheSpec(rollout: Pick<Rollout, "unhealthy" | "ofMultus">): boolean {
  const { ofMultus } = rollout;
  if (ofMultus && ["Complete", "Inspecting", "NoNodes"].includes(phaseOf(ofMultus).state)) return false;
  const { unhealthy } = ofMultus ?? rollout;
  return unhealthy.length === 0 || unhealthy.some(({ reason }) => !NOT_OF_THE_SPEC.includes(reason));
}

/** The record of a rollout that does not progress, by which the next reconcile knows to roll it back. */
export function stuckRollout(revision: string, generation: number, message: string): RolloutRecord {
  return { revision, generation, state: "Failed", message: shorten(message, 1024) };
}

/** The phase of the Multus that was restored, as one of the spec. */
export function rolledBack({ install, record }: Rollback, found: RolloutPhase): RolloutPhase {
  const { version, mode } = install.spec;
  const last = `${version} (${mode})`;
  if (found.state === "Complete")
    return { state: "RolledBack", message: `${record.message}. Rolled back to ${last} on all nodes` };
  if (found.state === "Failing") return found;
  return {
    state: "RollingBack",
    message: `${record.message}. Rolling back to ${last}: ${found.message}`,
  };
}
