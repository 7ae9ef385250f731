import type { UnhealthyNode } from "./diagnosis.ts";
import type { DaemonSetView } from "./views.ts";

/** The rollout of all DaemonSets of one install together, in numbers of nodes. */
export interface Rollout {
  desired: number;
  updated: number;
  available: number;
  /** Every DaemonSet is there and its controller has seen its newest spec. */
  current: boolean;
  unhealthy: UnhealthyNode[];
  /** Objects of the install that somebody is deleting: they come back once they are gone. */
  ending: readonly string[];
}

/**
 * @param expected the number of DaemonSets that were rendered
 * @param daemonSets those that the cluster has
 */
export function rollout(
  expected: number,
  daemonSets: readonly DaemonSetView[],
  unhealthy: UnhealthyNode[],
  ending: readonly string[] = [],
): Rollout {
  const sum = (count: (d: DaemonSetView) => number) => daemonSets.reduce((n, d) => n + count(d), 0);
  return {
    desired: sum((d) => d.desired),
    updated: sum((d) => d.updated),
    available: sum((d) => d.available),
    current: daemonSets.length === expected && daemonSets.every((d) => d.current),
    unhealthy,
    ending,
  };
}

/** What the rollout means for the install. `message` is a sentence for people. */
export type Verdict =
  | { state: "Complete"; message: string }
  | { state: "NoNodes"; message: string }
  | { state: "Progressing"; message: string }
  | { state: "Failing"; message: string };

/** Complete only when the newest spec was seen and is updated and available on every node that should have it. */
export function verdict(r: Rollout): Verdict {
  const progress = `${r.updated} of ${r.desired} nodes updated, ${r.available} available`;
  const worst = r.unhealthy[0];
  if (worst) {
    const others = r.unhealthy.length - 1;
    const more = others > 0 ? ` (and ${others} more)` : "";
    return { state: "Failing", message: `${worst.node || "unscheduled"}: ${worst.message}${more}` };
  }
  if (r.ending.length > 0)
    return { state: "Progressing", message: `being deleted by somebody: ${r.ending.join(", ")}` };
  if (!r.current)
    return { state: "Progressing", message: "the DaemonSet controller has not seen the newest spec yet" };
  if (r.desired === 0)
    return {
      state: "NoNodes",
      message: "no node matches: check spec.workload.nodeSelector, affinity and architectures",
    };
  if (r.updated < r.desired || r.available < r.desired) return { state: "Progressing", message: progress };
  return { state: "Complete", message: `Multus runs on ${r.desired} of ${r.desired} nodes` };
}
