import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { Result } from "../../../kube/controller.ts";
import { refOf } from "../../../kube/resource.ts";
import { isSameSpec, lastComplete } from "../../../render/last-complete.ts";
import type { ReconcileScope } from "../scope.ts";
import { rfc3339 } from "../status/writer.ts";
import type { Rollout, RolloutPhase } from "./assess.ts";
import { progressedAt, withDeadline } from "./progress.ts";
import { isOfTheSpec, type Rollback, rolledBack, stuckRollout } from "./rollback.ts";

/**
 * What a rollout's verdict means over time: one that should move and does not is called stuck, and is marked to be
 * taken back where the spec says so. The time of its last move goes into the status.
 */
export async function detectStuck(
  scope: ReconcileScope,
  install: MultusInstall,
  found: RolloutPhase,
  rollback: Rollback | undefined,
): Promise<{ phase: RolloutPhase; result: Result }> {
  const { previous, live, findings, deps } = scope;
  if (rollback) {
    findings.rolloutRecord = rollback.record;
    return { phase: rolledBack(rollback, found), result: {} };
  }
  if (!findings.rollout) return { phase: found, result: {} };
  if (!(await isUnderWay(scope, install, found)))
    return { phase: withoutRollout(found, findings.rollout), result: {} };
  const now = deps.now();
  const since = progressedAt(previous, live.metadata.generation ?? 0, findings.rollout, rfc3339(now));
  findings.progressedAt = since;
  const { phase, recheckAfterSeconds } = withDeadline(found, since, now, deps.rolloutDeadlineSeconds);
  if (phase.state === "Stuck" && install.spec.rollout.rollback && isOfTheSpec(findings.rollout)) {
    findings.rolloutRecord = stuckRollout(scope, install, phase.message);
    return { phase, result: previous.rollout?.state === "Failed" ? {} : { requeueAfterSeconds: 1 } };
  }
  return {
    phase,
    result: recheckAfterSeconds === undefined ? {} : { requeueAfterSeconds: recheckAfterSeconds },
  };
}

/** A node that fails after the rollout is complete, unless its pods are being replaced again, such as after a repair. */
function withoutRollout(found: RolloutPhase, { current, updated, desired }: Rollout): RolloutPhase {
  const isReplacing = !current || updated < desired;
  return found.state === "Failing" && !isReplacing ? { ...found, state: "Unhealthy" } : found;
}

/** What fails after it was complete once is no rollout: a node has fallen ill. */
async function isUnderWay(
  scope: ReconcileScope,
  install: MultusInstall,
  { state }: RolloutPhase,
): Promise<boolean> {
  if (state === "Progressing") return true;
  if (state !== "Failing") return false;
  const kept = lastComplete(install);
  await scope.deps.owned.watch([refOf(kept)], scope.context.signal);
  return !isSameSpec(scope.deps.owned.get(refOf(kept)), kept);
}
