import { listed } from "../../../crds/listed.ts";
import { counted } from "../../../crds/plural.ts";
import type { DaemonSetView } from "../../../diagnosis/daemon-set.ts";
import type { UnhealthyNode } from "../../../diagnosis/diagnose.ts";

/** The rollout of all DaemonSets of one install together, in numbers of nodes. */
export interface Rollout {
  desired: number;
  updated: number;
  available: number;
  /** Every DaemonSet is there and its controller has seen its newest spec. */
  current: boolean;
  unhealthy: UnhealthyNode[];
  /** Objects of the install that are being deleted: they are recreated once they are gone. */
  ending: readonly string[];
  /** Pods that are being deleted and have not ended, on nodes that answer: two of Multus are on such a node. */
  leaving: number;
  /** Nodes that must be inspected before Multus is reported to run there. */
  unseen: readonly string[];
  /**
   * Nodes that the DaemonSets count as available and whose Ready pod has not been seen: the copy of the pods is older
   * than that of the DaemonSets, and does not show yet what is wrong with them, or which nodes are to be inspected.
   */
  unobserved: number;
  /** What else of the install does not run on every node yet, as a part of a sentence. */
  waiting?: string;
  /** The rollout of Multus alone, if something else of the install does not run as it should. */
  ofMultus?: Rollout;
  /** After this many seconds a pod that failed and runs again is taken for healthy, if it still runs. */
  recheckAfterSeconds?: number;
}

/**
 * @param expected the number of DaemonSets that were rendered
 * @param daemonSets those that the cluster has
 */
export function rollout(
  expected: number,
  daemonSets: readonly DaemonSetView[],
  unhealthy: UnhealthyNode[],
  {
    ending = [],
    leaving = 0,
    unseen = [],
    ready,
  }: Partial<Pick<Rollout, "ending" | "leaving" | "unseen">> & { ready?: number } = {},
): Rollout {
  const sum = (count: (d: DaemonSetView) => number) => daemonSets.reduce((n, d) => n + count(d), 0);
  return {
    desired: sum((d) => d.desired),
    updated: sum((d) => d.updated),
    available: sum((d) => d.available),
    current: daemonSets.length === expected && daemonSets.every((d) => d.current),
    unhealthy,
    ending,
    leaving,
    unseen,
    unobserved: Math.max(0, sum((d) => d.available) - (ready ?? Number.POSITIVE_INFINITY)),
  };
}

/** What the rollout means for the install. `message` is a sentence for people. */
export type RolloutPhase =
  | { state: "Complete"; message: string }
  | { state: "NoNodes"; message: string }
  | { state: "Progressing"; message: string }
  /** Every node runs the newest Multus, by its pods; the nodes are being inspected, or cleaned. */
  | { state: "Inspecting"; message: string }
  /** Stopped, until the spec changes. */
  | { state: "RolloutFailed"; message: string }
  /** The spec's rollout failed; what ran before is being restored. */
  | { state: "RollingBack"; message: string }
  /** The spec's rollout failed; what ran before runs. */
  | { state: "RolledBack"; message: string }
  /** It should progress, and has not for longer than the deadline. */
  | { state: "Stuck"; message: string }
  | { state: "Failing"; message: string }
  /** The spec was complete on every node before, and Multus fails on some now: nothing is being rolled out. */
  | { state: "Unhealthy"; message: string };

/** Complete only when the newest spec was seen and is updated and available on every node that should have it. */
export function phaseOf(r: Rollout): RolloutPhase {
  const progress = `${r.updated} of ${counted(r.desired, "node")} updated, ${r.available} available`;
  if (r.unhealthy.length > 0) return { state: "Failing", message: worstOf(r.unhealthy) };
  if (r.ending.length > 0)
    return {
      state: "Progressing",
      message: `${r.ending.join(", ")} ${r.ending.length === 1 ? "is" : "are"} being deleted outside the operator; recreated afterwards`,
    };
  if (!r.current)
    return { state: "Progressing", message: "the DaemonSet controller has not seen the newest spec yet" };
  if (r.desired === 0)
    return {
      state: "NoNodes",
      message: "no node matches: check spec.workload.nodeSelector, affinity and architectures",
    };
  if (r.updated < r.desired || r.available < r.desired) return { state: "Progressing", message: progress };
  if (r.leaving > 0)
    return {
      state: "Progressing",
      message: `${progress}; ${counted(r.leaving, "previous pod")} still terminating`,
    };
  if (r.unobserved > 0)
    return {
      state: "Progressing",
      message: `${progress}; ${counted(r.unobserved, "Ready pod")} not observed yet`,
    };
  if (r.waiting !== undefined) return { state: "Progressing", message: `${progress}; ${r.waiting}` };
  if (r.unseen.length > 0) return { state: "Inspecting", message: `${progress}; ${inspecting(r.unseen)}` };
  return { state: "Complete", message: `Multus runs on ${r.desired} of ${counted(r.desired, "node")}` };
}

/** How many nodes a sentence names; the others are counted. */
const MAX_NAMED = 5;

function inspecting(unseen: readonly string[]): string {
  return `still checking that Multus' configuration is in place on ${listed(unseen, MAX_NAMED)}`;
}

/** The worst cause with every node that has it, and how many more nodes have another. */
function worstOf(unhealthy: readonly UnhealthyNode[]): string {
  const [worst] = unhealthy;
  const same = unhealthy.filter((u) => u.reason === worst?.reason && u.message === worst.message);
  const names = same.map(({ node }) => node || "unscheduled");
  const others = unhealthy.length - same.length;
  const more = others > 0 ? ` (${others} more with other problems: status.nodes.unhealthy)` : "";
  return `${listed(names, MAX_NAMED)}: ${worst?.message}${more}`;
}
