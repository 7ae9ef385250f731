import { show } from "../../cni/finding.ts";
import { keyOf } from "../attachments.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../pod-request/default-network.ts";
import { type Cause, cause, causeOfFailure, causeOfPrimary } from "./causes.ts";
import type { ExplainInput } from "./input.ts";

/**
 * A pod that asks for no further network, and whose sandbox cannot be made: for its first network's sake, the
 * cluster's own or what the annotation default-network puts in its place. Undefined where nothing failed.
 */
export function unasking({ pod, interfaces }: ExplainInput): Cause | undefined {
  const { failure, annotations } = pod;
  if (!failure?.byMultus || pod.hasAddress || pod.phase !== "Pending") return undefined;
  const name = `${pod.namespace}/${pod.name}`;
  const annotation = annotations[DEFAULT_NETWORK];
  if (annotation !== undefined) {
    const first = parseDefaultNetwork(annotation);
    if (!first.ok)
      return cause(
        "BAD_REQUEST",
        `the annotation ${DEFAULT_NETWORK} of ${name} ${first.problem.message}. Mend it in the pod's template`,
      );
    const network = keyOf(first.request);
    return causeOfFailure(failure.message, { network, node: pod.node, masters: [], errors: [], interfaces });
  }
  if (failure.network === undefined)
    return causeOfFailure(failure.message, {
      network: undefined,
      node: pod.node,
      masters: [],
      errors: [],
      interfaces,
    });
  return primary(failure.network, failure.message, pod.node);
}

/** The cluster's own network, to which Multus delegates. */
export function primary(network: string, message: string, node: string): Cause {
  return (
    causeOfPrimary(network, message, node) ??
    cause(
      "PRIMARY_NETWORK",
      `the cluster's own network ${show(network)} cannot be attached on ${node}: ${message}. Look at the pods of that network (Calico, Flannel, …) on ${node}; the pod then starts by itself`,
    )
  );
}
