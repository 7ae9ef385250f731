import { show } from "../../cni/finding.ts";
import { type Cause, cause } from "./cause-codes.ts";
import { causeOfFailure, causeOfPrimary } from "./cause-of-failure.ts";
import type { FailurePlace } from "./failure-place.ts";
import type { ExplainInput } from "./input.ts";

/**
 * A pod that requests no network, and whose sandbox cannot be made because of the cluster's primary one. Undefined if
 * nothing failed.
 */
export function failureWithoutRequest(input: ExplainInput): Cause | undefined {
  const { failure, hasAddress, phase, node } = input.pod;
  if (!failure?.byMultus || hasAddress || phase !== "Pending") return undefined;
  if (failure.network === undefined) return causeOfFailure(failure.message, placeOf(input));
  return primary(failure.network, failure.message, node);
}

function placeOf({ pod, interfaces }: ExplainInput): FailurePlace {
  return {
    pod: `${pod.namespace}/${pod.name}`,
    network: undefined,
    inPlugin: false,
    request: undefined,
    node: pod.node,
    masters: [],
    devices: [],
    errors: [],
    interfaces,
  };
}

/** The cluster's primary network, to which Multus delegates. */
export function primary(network: string, message: string, node: string): Cause {
  return (
    causeOfPrimary(network, message, node) ??
    cause(
      "PRIMARY_NETWORK",
      `the cluster's primary network ${show(network)} cannot be attached on ${node}: ${message}. Check the pods of that network (Calico, Flannel, …) on ${node}; the pod then starts automatically`,
    )
  );
}
