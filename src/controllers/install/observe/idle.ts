import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { ReconcileScope } from "../scope.ts";
import { secondsObserved } from "../seconds-observed.ts";

/**
 * For how many seconds a rollout's numbers have stayed, as this operator has observed: the time in the status was written by
 * the clock of another replica, or by one that was set since. After a restart this begins again, except for a rollout
 * that the status reports as stuck already.
 * @param progressedAt when they last changed, by the status
 */
export function idleSeconds(
  { live: { metadata }, previous, deps }: Pick<ReconcileScope, "live" | "previous" | "deps">,
  progressedAt: string,
): number {
  const isKnown = progressedAt === previous.nodes?.progressedAt && isStuck(previous, metadata.generation);
  const already = isKnown ? Number.POSITIVE_INFINITY : 0;
  return secondsObserved(deps, `progress of ${metadata.uid}`, progressedAt, already);
}

function isStuck({ conditions }: MultusInstallStatus, generation: number | undefined): boolean {
  const ready = conditions?.find(({ type }) => type === "Ready");
  return ready?.reason === "RolloutStuck" && ready.observedGeneration === generation;
}
