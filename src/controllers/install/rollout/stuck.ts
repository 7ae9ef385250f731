import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { Result } from "../../../kube/controller.ts";
import { refOf } from "../../../kube/resource.ts";
import { isSameSpec, lastComplete } from "../../../render/last-complete.ts";
import type { Run } from "../scope.ts";
import { rfc3339 } from "../status/writer.ts";
import type { Rollout, Verdict } from "./assess.ts";
import { judgeProgress, progressedAt } from "./progress.ts";
import { isOfTheSpec, type Rollback, rolledBack, stuckRollout } from "./rollback.ts";

/**
 * What a rollout's verdict means over time: one that should move and does not is called stuck, and is marked to be
 * taken back where the spec says so. The time of its last move goes into the status.
 */
export async function judge(
  run: Run,
  install: MultusInstall,
  found: Verdict,
  rollback: Rollback | undefined,
): Promise<{ verdict: Verdict; result: Result }> {
  const { previous, live, findings, deps } = run;
  if (rollback) {
    findings.rolloutRecord = rollback.record;
    return { verdict: rolledBack(rollback, found), result: {} };
  }
  if (!findings.rollout) return { verdict: found, result: {} };
  if (!(await isUnderWay(run, install, found)))
    return { verdict: withoutRollout(found, findings.rollout), result: {} };
  const now = deps.now();
  const since = progressedAt(previous, live.metadata.generation ?? 0, findings.rollout, rfc3339(now));
  findings.progressedAt = since;
  const { verdict, lookAgainSeconds } = judgeProgress(found, since, now, deps.rolloutDeadlineSeconds);
  if (verdict.state === "Stuck" && install.spec.rollout.rollback && isOfTheSpec(findings.rollout)) {
    findings.rolloutRecord = stuckRollout(run, install, verdict.message);
    return { verdict, result: previous.rollout?.state === "Failed" ? {} : { requeueAfterSeconds: 1 } };
  }
  return { verdict, result: lookAgainSeconds === undefined ? {} : { requeueAfterSeconds: lookAgainSeconds } };
}

/** A node that fails after the rollout is complete, unless its pods are being replaced again, such as after a repair. */
function withoutRollout(found: Verdict, { current, updated, desired }: Rollout): Verdict {
  const isReplacing = !current || updated < desired;
  return found.state === "Failing" && !isReplacing ? { ...found, state: "Unhealthy" } : found;
}

/** What fails after it was complete once is no rollout: a node has fallen ill. */
async function isUnderWay(run: Run, install: MultusInstall, { state }: Verdict): Promise<boolean> {
  if (state === "Progressing") return true;
  if (state !== "Failing") return false;
  const kept = lastComplete(install);
  await run.deps.owned.watch([refOf(kept)], run.context.signal);
  return !isSameSpec(run.deps.owned.get(refOf(kept)), kept);
}
