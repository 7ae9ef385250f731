import type { MultusPodHealth } from "./multus-pod-health.ts";

/** For how many seconds a pod has been in a state. */
export interface PodAges {
  /** It exists. */
  existing(pod: MultusPodHealth): number;
  /** It is Ready; only for one that is. */
  ready(pod: MultusPodHealth): number;
  /** The container of its issue runs again; only for one with `issue.runningSince`. */
  running(pod: MultusPodHealth): number;
  /** It should have ended: negative while its grace period lasts; only for one that is terminating. */
  overdue(pod: MultusPodHealth): number;
}

/**
 * Ages by the times that a pod's own status has, for a program that has only just begun to observe: clocks of machines
 * differ, so these must not decide what happens to a node.
 */
export function agesByClock(now: Date): PodAges {
  const since = (time: string | undefined) => (now.getTime() - Date.parse(time ?? "")) / 1000;
  return {
    existing: ({ created }) => since(created),
    ready: ({ readySince }) => since(readySince),
    running: ({ issue }) => since(issue?.runningSince),
    overdue: ({ endsAt }) => since(endsAt),
  };
}
