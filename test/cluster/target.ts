import { bareMachineProblem } from "./host-packages.ts";
import { kindProblem } from "./kind.ts";

/** What a test may need of the cluster that it runs on, beside kubectl. */
export type Capability =
  /** Commands and files on the nodes. */
  | "nodeExec"
  /** Nodes may be added, and lose power. */
  | "ownNodes"
  /** Images get onto the nodes without a registry. */
  | "loadImage"
  /** Every node has a leg, eth1, in a second network. */
  | "secondNetwork"
  /** The primary network's file is that of test/cluster/primary-network.ts, and a test may edit it. */
  | "ownPrimaryNetwork"
  /** Nodes, pods and Services have the IP families that the test asks for. */
  | "ipFamilies"
  /** Calico as the primary network, if the test asks for it. */
  | "calico";

export const TARGETS = {
  bare: ["nodeExec", "ownNodes", "loadImage", "secondNetwork", "ownPrimaryNetwork", "ipFamilies", "calico"],
  kind: ["nodeExec", "loadImage", "secondNetwork"],
  kubeconfig: [],
} as const satisfies Record<string, readonly Capability[]>;
export type TargetName = keyof typeof TARGETS;

/** Where the tests run: on nodes of this machine, on kind, or on a cluster that exists. */
export interface Target {
  name: TargetName;
  capabilities: readonly Capability[];
  /** For the target kubeconfig. */
  kubeconfig?: string;
  /** Why it cannot be used here. */
  problem?: string;
}

/** A choice of target that cannot be meant. */
export class TargetError extends Error {
  readonly code = "CLUSTER_TARGET";
}

/**
 * CLUSTER=bare (where not said), kind, or kubeconfig with CLUSTER_KUBECONFIG. The user's current context is
 * never taken: a test that removes things must not meet a cluster that nobody named.
 *
 * Throws a TargetError for any other value, and for kubeconfig without its file.
 */
export function selectTarget(env: NodeJS.ProcessEnv = process.env): Target {
  const name = env.CLUSTER || "bare";
  switch (name) {
    case "bare":
      return { name, capabilities: TARGETS.bare, ...problemOf(bareMachineProblem()) };
    case "kind":
      return { name, capabilities: TARGETS.kind, ...problemOf(kindProblem()) };
    case "kubeconfig":
      if (!env.CLUSTER_KUBECONFIG)
        throw new TargetError(
          "CLUSTER=kubeconfig needs CLUSTER_KUBECONFIG=/path/of/the/file (neither KUBECONFIG nor ~/.kube/config is taken)",
        );
      return { name, capabilities: TARGETS.kubeconfig, kubeconfig: env.CLUSTER_KUBECONFIG };
    default:
      throw new TargetError(`CLUSTER=${name} is unknown (there are: ${Object.keys(TARGETS).join(", ")})`);
  }
}

/** Why a test with these needs cannot run on this target, or undefined where it can. */
export function missing(target: Target, needs: readonly Capability[]): string | undefined {
  if (target.problem !== undefined) return `CLUSTER=${target.name}: ${target.problem}`;
  const lacking = needs.filter((need) => !target.capabilities.includes(need));
  return lacking.length > 0 ? `CLUSTER=${target.name} has no ${lacking.join(", ")}` : undefined;
}

function problemOf(problem: string | undefined): { problem?: string } {
  return problem === undefined ? {} : { problem };
}
