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
export function failureWithoutRequest(input: ExplainInput): Cause | undefined {
  const { failure, hasAddress, phase, node } = input.pod;
  if (!failure?.byMultus || hasAddress || phase !== "Pending") return undefined;
  const replaced = failureOfDefaultNetwork(input);
  if (replaced) return replaced;
  if (failure.network === undefined) return causeOfFailure(failure.message, placeOf(input, undefined));
  return primary(failure.network, failure.message, node);
}

/** A failure of what the annotation default-network puts in the place of the primary network. Undefined without the annotation. */
export function failureOfDefaultNetwork(input: ExplainInput): Cause | undefined {
  const { failure, annotations, namespace, name } = input.pod;
  const annotation = annotations[DEFAULT_NETWORK];
  if (!failure || annotation === undefined) return undefined;
  const first = parseDefaultNetwork(annotation);
  if (!first.ok)
    return cause(
      "BAD_REQUEST",
      `the annotation ${DEFAULT_NETWORK} of ${namespace}/${name} ${first.problem.message}. Fix it in ${placeToFix(input.pod)}`,
    );
  return causeOfFailure(failure.message, placeOf(input, keyOf(first.request)));
}

function placeOf({ pod, interfaces }: ExplainInput, network: string | undefined): FailurePlace {
  return {
    pod: `${pod.namespace}/${pod.name}`,
    network,
    inPlugin: pod.failure?.network !== undefined,
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
