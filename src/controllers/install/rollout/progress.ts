import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { Rollout, RolloutPhase } from "./assess.ts";

/** The time is counted in steps: an interval that is much longer is one in which the operator was suspended (seconds-observed.ts), s. */
const RECHECK_SECONDS = 60;

/** Kubernetes' own progressDeadlineSeconds of a Deployment. */
export const ROLLOUT_DEADLINE_SECONDS = 600;

/**
 * When the numbers of a rollout last changed, as far as the last status knows; RFC 3339. A spec that changed
 * begins again. While Multus fails on a node, only one more node with the new Multus is progress: a
 * pod that crashes and restarts is available for a moment each time.
 * @param now RFC 3339
 */
export function progressedAt(
  previous: Pick<MultusInstallStatus, "observedGeneration" | "nodes">,
  generation: number,
  {
    desired,
    updated,
    available,
    unhealthy,
  }: Pick<Rollout, "desired" | "updated" | "available" | "unhealthy">,
  now: string,
): string {
  const before = previous.nodes;
  const isSame =
    previous.observedGeneration === generation &&
    before?.desired === desired &&
    before.updated === updated &&
    (unhealthy.length > 0 || before.available === available);
  return isSame && before?.progressedAt ? before.progressedAt : now;
}

/**
 * The phase, or Stuck if the rollout has not progressed for longer than the deadline, and in how many seconds to check
 * again.
 * @param since when the rollout last progressed, for the message; RFC 3339
 * @param idleSeconds for how long it has not progressed
 */
export function withDeadline(
  phase: RolloutPhase,
  since: string,
  idleSeconds: number,
  deadlineSeconds: number,
): { phase: RolloutPhase; recheckAfterSeconds?: number } {
  if (phase.state !== "Progressing" && phase.state !== "Failing") return { phase };
  const left = deadlineSeconds - idleSeconds;
  if (left > 0) return { phase, recheckAfterSeconds: Math.min(Math.ceil(left), RECHECK_SECONDS) };
  return { phase: { state: "Stuck", message: `no progress since ${since}: ${phase.message}` } };
}

/**
 * Whether all that a rollout lacks is that a user deletes pods, as updateStrategy OnDelete has it. That takes as long as it takes:
 * it is not stuck, and a rollback would take the new Multus from the nodes that have it.
 */
export function waitsForUser({
  desired,
  updated,
  available,
  current,
  unhealthy,
}: Pick<Rollout, "desired" | "updated" | "available" | "current" | "unhealthy">): boolean {
  return current && unhealthy.length === 0 && available >= desired && updated < desired;
}
