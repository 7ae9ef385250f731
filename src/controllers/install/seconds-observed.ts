import type { ReconcileScope } from "./scope.ts";

/** What is waited for is reconciled once a minute at least; more of one interval does not count. */
const LONGEST_GAP_SECONDS = 120;
/** Bookmarks come about once a minute on each of many watches: without any for longer, the API server is away. */
const MAX_UNCONFIRMED_SECONDS = 90;

/**
 * For how many seconds `key` has had this state, as far as that was observed. Not counted is the time in which nothing could
 * change, or be seen to: while this process was suspended, perhaps with the whole cluster, and while the API server was
 * away. Reconciles go on during an outage, with the copies from before.
 * @param already for how many it had a new state before it was asked for, if that is known
 */
export function secondsObserved(
  { client, seen }: Pick<ReconcileScope["deps"], "client" | "seen">,
  key: string,
  state: string,
  already = 0,
): number {
  const isAway = client.watches.unconfirmedSeconds > MAX_UNCONFIRMED_SECONDS;
  return seen.since.secondsAwake(key, state, isAway ? 0 : LONGEST_GAP_SECONDS, already);
}
