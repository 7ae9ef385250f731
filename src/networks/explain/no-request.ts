import { show } from "../../cni/finding.ts";
import { keyOf } from "../outcome/attachments.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../pod-request/default-network.ts";
import { type Cause, cause } from "./cause-codes.ts";
import { causeOfFailure, causeOfPrimary } from "./cause-of-failure.ts";
import type { FailurePlace } from "./failure-place.ts";
import type { ExplainInput } from "./input.ts";
import { placeToFix } from "./wording.ts";

/**
 * A pod that requests no additional network, and whose sandbox cannot be made because of its first network: the
 * cluster's primary one, or what the annotation default-network puts in its place. Undefined if nothing failed.
 */
export function failureWithoutRequest({ pod, interfaces }: ExplainInput): Cause | undefined {
  const { failure, annotations } = pod;
  if (!failure?.byMultus || pod.hasAddress || pod.phase !== "Pending") return undefined;
  const name = `${pod.namespace}/${pod.name}`;
  const place: FailurePlace = {
    pod: name,
    network: undefined,
    inPlugin: failure.network !== undefined,
    request: undefined,
    node: pod.node,
    masters: [],
    devices: [],
    errors: [],
    interfaces,
  };
  const annotation = annotations[DEFAULT_NETWORK];
  if (annotation !== undefined) {
    const first = parseDefaultNetwork(annotation);
    if (!first.ok)
      return cause(
        "BAD_REQUEST",
        `the annotation ${DEFAULT_NETWORK} of ${name} ${first.problem.message}. Fix it in ${placeToFix(pod)}`,
      );
    return causeOfFailure(failure.message, { ...place, network: keyOf(first.request) });
  }
  if (failure.network === undefined) return causeOfFailure(failure.message, place);
  return primary(failure.network, failure.message, pod.node);
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
