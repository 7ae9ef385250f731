import type { MultusPodHealth } from "./multus-pod-health.ts";
import type { PodAges } from "./pod-ages.ts";

/**
 * A container that failed and runs again is believed once it has run for longer than the last time, and for so many
 * seconds at the least. Multus has no readiness probe: one that crashes after each start is Ready until it does.
 */
const MIN_SECONDS = 20;
/** Restarts are not alike to the second. */
const MARGIN = 1.5;
/** The kubelet's own: one that ran for ten minutes is not in a crash loop (MaxContainerBackOff, twice). */
const MAX_SECONDS = 600;

/** In how many seconds a pod that is Ready after a failure will be believed; 0 where it is, or is not Ready. */
export function stabilizationSeconds(pod: MultusPodHealth, ages: PodAges): number {
  const { ready, issue } = pod;
  if (!ready || issue?.runningSince === undefined) return 0;
  const ran = issue.ranSeconds ?? 0;
  const lasts = ran >= MAX_SECONDS ? MIN_SECONDS : Math.max(MIN_SECONDS, MARGIN * ran);
  return Math.max(0, Math.ceil(Math.min(lasts, MAX_SECONDS) - ages.running(pod)));
}
