import type { MultusInstallStatus } from "../../crds/multus-install/status.ts";
import type { Rollout, Verdict } from "./rollout.ts";

/** Kubernetes' own progressDeadlineSeconds of a Deployment. */
export const STUCK_AFTER_SECONDS = 600;

/**
 * When the numbers of a rollout last changed, as far as the last status knows; RFC 3339. A spec that changed
 * begins anew.
 * @param now RFC 3339
 */
export function progressedAt(
  previous: Pick<MultusInstallStatus, "observedGeneration" | "nodes">,
  generation: number,
  { desired, updated, available }: Pick<Rollout, "desired" | "updated" | "available">,
  now: string,
): string {
  const before = previous.nodes;
  const isSame =
    previous.observedGeneration === generation &&
    before?.desired === desired &&
    before.updated === updated &&
    before.available === available;
  return isSame && before?.progressedAt ? before.progressedAt : now;
}

/**
 * The verdict, with a rollout that waits without end called stuck, and after how many seconds it will be.
 * @param since when something last moved; RFC 3339
 */
export function judgeProgress(
  verdict: Verdict,
  since: string,
  now: Date,
): { verdict: Verdict; lookAgainSeconds?: number } {
  if (verdict.state !== "Progressing") return { verdict };
  const left = STUCK_AFTER_SECONDS - (now.getTime() - Date.parse(since)) / 1000;
  if (left > 0) return { verdict, lookAgainSeconds: Math.ceil(left) };
  const minutes = Math.floor((now.getTime() - Date.parse(since)) / 60_000);
  return {
    verdict: { state: "Stuck", message: `nothing has moved for ${minutes} minutes: ${verdict.message}` },
  };
}
