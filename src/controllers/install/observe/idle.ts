import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { ReconcileScope } from "../scope.ts";

/** A rollout is reconciled once a minute at least; more of one interval does not count. */
const LONGEST_GAP_SECONDS = 120;
/** Bookmarks come about once a minute on each of many watches: without any for longer, the API server is away. */
const MAX_UNCONFIRMED_SECONDS = 90;

/**
 * For how many seconds a rollout's numbers have stayed, as this operator has observed: the time in the status was written by
 * the clock of another replica, or by one that was set since. After a restart this begins again, except for a rollout
 * that the status reports as stuck already. What is not counted is the time in which nothing could progress, or be seen to:
 * while this process was suspended, perhaps with the whole cluster, and while the API server was away.
 * @param progressedAt when they last changed, by the status
 */
export function idleSeconds(
  { live: { metadata }, previous, deps }: Pick<ReconcileScope, "live" | "previous" | "deps">,
  progressedAt: string,
): number {
  const isKnown = progressedAt === previous.nodes?.progressedAt && isStuck(previous, metadata.generation);
  const already = isKnown ? Number.POSITIVE_INFINITY : 0;
  const isAway = deps.client.watches.unconfirmedSeconds > MAX_UNCONFIRMED_SECONDS;
  const longestGap = isAway ? 0 : LONGEST_GAP_SECONDS;
  return deps.seen.since.secondsAwake(`progress of ${metadata.uid}`, progressedAt, longestGap, already);
}

function isStuck({ conditions }: MultusInstallStatus, generation: number | undefined): boolean {
  const ready = conditions?.find(({ type }) => type === "Ready");
  return ready?.reason === "RolloutStuck" && ready.observedGeneration === generation;
}
