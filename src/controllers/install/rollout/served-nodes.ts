import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";

/**
 * A daemon writes its configuration a second or two after its container has started, and has no readiness
 * probe: a pod serves its node after it has been Ready for this long, as with the DaemonSet's minReadySeconds.
 */
const READY_SECONDS = 5;

/** The nodes whose Multus pod has been Ready for long enough, and in how many seconds the next one will have been. */
export function servedNodes(
  pods: readonly MultusPodHealth[],
  ages: PodAges,
): { served: ReadonlySet<string>; nextInSeconds?: number } {
  const served = new Set<string>();
  let next: number | undefined;
  for (const pod of pods) {
    const { node, ready, terminating } = pod;
    if (!ready || terminating || node === "") continue;
    const left = READY_SECONDS - ages.ready(pod);
    if (left <= 0) served.add(node);
    else if (Number.isFinite(left)) next = Math.min(next ?? left, left);
  }
  return next === undefined ? { served } : { served, nextInSeconds: next };
}
