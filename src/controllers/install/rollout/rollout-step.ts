import { listed } from "../../../crds/listed.ts";

/** One DaemonSet of Multus as the cluster has it. */
export interface LiveWorkload {
  name: string;
  /** What its template was rendered from is what the spec renders now. */
  upToDate: boolean;
  /** Its pods delete Multus' configuration when they end. */
  deletesConfiguration: boolean;
  /** It is being deleted already. */
  ending: boolean;
}

/** What the next step of a rollout depends on. */
export interface RolloutState {
  /** The DaemonSets that the spec wants and the cluster has. */
  live: readonly LiveWorkload[];
  /** Those of an earlier spec: of another name, or being deleted. */
  obsolete: readonly LiveWorkload[];
  /**
   * Nodes on which a pod of an obsolete DaemonSet still is that deletes its configuration when it ends, those
   * without a kubelet that answers left out.
   */
  occupiedNodes: readonly string[];
  /** Nodes whose Multus pod is Ready. */
  servingNodes: readonly string[];
  /** The guard's DaemonSet, if there is one. */
  guard?: {
    ending: boolean;
    ageSeconds: number;
    nodes: ReadonlySet<string>;
    /** It is on every node that it is to be on: not on nodes that lose Multus (render/guard-placement.ts). */
    isEverywhere?: boolean;
    /** The API server has just shown that it is not there, whatever the copy shows. */
    isGone?: boolean;
  };
}

export type RolloutStep =
  /** Put the guard on the nodes, and wait for it. */
  | { kind: "Guard"; message: string }
  /** Delete the DaemonSets of the earlier spec, and wait for their pods to end. */
  | { kind: "RemovePrevious"; message: string }
  /** Apply the DaemonSets: a new template, drift, or nothing at all. */
  | { kind: "Apply" };

/** A guard that does not come up must not hold up what may be a repair; in seconds. */
export const MAX_GUARD_WAIT_SECONDS = 60;

/**
 * The next step from the Multus that runs to the one that the spec wants (docs/adr/0007). Each is safe to
 * repeat, and follows from what is there alone.
 */
export function nextRolloutStep(state: RolloutState): RolloutStep {
  const { obsolete, guard } = state;
  if (replacedBy(state).length === 0) return { kind: "Apply" };
  if (needsGuard(state)) {
    if (guard?.isGone)
      return { kind: "Guard", message: "waiting for the end of a previous guard before Multus is replaced" };
    if (!guard || guard.ending)
      return { kind: "Guard", message: "starting a guard pod on each node before Multus is replaced" };
    const bare = state.servingNodes.filter((node) => !guard.nodes.has(node));
    if (bare.length > 0 && !guard.isEverywhere && guard.ageSeconds < MAX_GUARD_WAIT_SECONDS)
      return {
        kind: "Guard",
        message: `waiting for the guard pod on ${some(bare)} before Multus is replaced`,
      };
  }
  // On a node with two Multus, the one that ends would delete the other's file. One that leaves its file may go
  // on until the new one is there: v3.4 whose pod is gone has a token that is rejected, and attaches nothing.
  const leaving = obsolete.filter(({ deletesConfiguration }) => deletesConfiguration);
  if (state.occupiedNodes.length > 0 || leaving.some(({ ending }) => !ending)) {
    const names = leaving.map(({ name }) => name).join(", ");
    const where = state.occupiedNodes.length > 0 ? ` on ${some(state.occupiedNodes)}` : "";
    return {
      kind: "RemovePrevious",
      message: `waiting for the previous Multus (${names}) to terminate${where}`,
    };
  }
  return { kind: "Apply" };
}

/** Whether pods end that delete their configuration, so that their nodes need the guard first. */
export function needsGuard(state: RolloutState): boolean {
  return replacedBy(state).some(({ deletesConfiguration }) => deletesConfiguration);
}

/** The workloads of which a rollout replaces the pods. */
function replacedBy({ live, obsolete }: RolloutState): LiveWorkload[] {
  return [...obsolete, ...live.filter(({ upToDate }) => !upToDate)];
}

function some(nodes: readonly string[]): string {
  return listed(nodes, 3, { noun: "nodes" });
}
