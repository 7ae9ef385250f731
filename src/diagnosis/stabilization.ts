import type { MultusPodView } from "./multus-pod.ts";

/**
 * A container that failed and runs again is believed once it has run for longer than the last time, and for so many
 * seconds at the least. Multus has no readiness probe: one that crashes after each start is Ready until it does.
 */
const SHORTEST_SECONDS = 20;
/** Restarts are not alike to the second. */
const MARGIN = 1.5;
/** The kubelet's own: one that ran for ten minutes is not in a crash loop (MaxContainerBackOff, twice). */
const LONGEST_SECONDS = 600;

/** In how many seconds a pod that is Ready after a failure will be believed; 0 where it is, or is not Ready. */
export function probationSeconds({ ready, trouble }: MultusPodView, now: Date): number {
  if (!ready || trouble?.runningSince === undefined) return 0;
  const ran = trouble.ranSeconds ?? 0;
  const lasts = ran >= LONGEST_SECONDS ? SHORTEST_SECONDS : Math.max(SHORTEST_SECONDS, MARGIN * ran);
  const seconds = (now.getTime() - Date.parse(trouble.runningSince)) / 1000;
  return Math.max(0, Math.ceil(Math.min(lasts, LONGEST_SECONDS) - seconds));
}
