import type { PodOutcome } from "../outcome/outcome.ts";
import { keyOf, NETWORKS } from "../pod-request/request.ts";
import { type Cause, cause } from "./cause-codes.ts";
import { causeOfFailure } from "./cause-of-failure.ts";
import { NOT_FOUND } from "./failure-patterns.ts";
import { type ExplainInput, errorsOf } from "./input.ts";
import { primary } from "./no-request.ts";
import { placeToFix } from "./wording.ts";

/** Multus' words before it calls a plugin (pkg/k8sclient, TryLoadPodDelegates). */
const OF_DEFAULT_NETWORK = /default network from pod annotation/;

/** The requested NAD that Multus did not find, and that exists now. */
function madeSince({ nads }: ExplainInput, message: string): string | undefined {
  const [, name, namespace] = NOT_FOUND.exec(message) ?? [];
  const key = `${namespace}/${name}`;
  return nads.has(key) ? key : undefined;
}

/** A pod whose sandbox Multus could not set up, or whose request cannot be read. */
export function failed(input: ExplainInput, { network: failing, evidence }: PodOutcome): Cause {
  const { pod } = input;
  if (!pod.request.ok) {
    const { annotation = NETWORKS, message: fault } = pod.request.problem;
    return cause(
      "BAD_REQUEST",
      `the annotation ${annotation} of ${pod.namespace}/${pod.name} is not valid: it ${fault}. Fix it in ${placeToFix(pod)}`,
    );
  }
  const requested = pod.request.requests.map(keyOf);
  const network = requested.find((key) => key === failing);
  const culprit = pod.failure?.network;
  const message = pod.failure?.message ?? evidence;
  const first = pod.request.requests.find(({ isDefault }) => isDefault);
  const made = madeSince(input, message);
  if (made !== undefined)
    return cause(
      "STARTING",
      `NetworkAttachmentDefinition ${made} did not exist when the kubelet tried last, and exists now: ${pod.namespace}/${pod.name} starts with the kubelet's next attempt, within a few minutes`,
    );
  // The name in the configuration of a NAD that cannot be read is not known: it may be the one that failed.
  const isAllRead = requested.every((key) => input.nads.has(key));
  if (culprit !== undefined && network === undefined && isAllRead && !first)
    return primary(culprit, message, pod.node);
  const at = network ?? unnamedCulprit(input, message, isAllRead);
  const nad = at === undefined ? undefined : input.nads.get(at);
  return causeOfFailure(message, {
    pod: `${pod.namespace}/${pod.name}`,
    network: at,
    inPlugin: culprit !== undefined,
    request: pod.request.requests.find((wanted) => keyOf(wanted) === at),
    node: pod.node,
    masters: nad?.masters ?? [],
    devices: nad?.devices ?? [],
    errors: at === undefined ? [] : errorsOf(input, at),
    interfaces: input.interfaces,
  });
}

/** The network that a failure is probably of which does not name a requested one: the one with an error, or the only one. */
function unnamedCulprit(input: ExplainInput, message: string, isAllRead: boolean): string | undefined {
  const { request, failure } = input.pod;
  const requests = request.ok ? request.requests : [];
  const named = failure?.network !== undefined;
  const first = requests.find(({ isDefault }) => isDefault);
  const isOfFirst = first && (named ? isAllRead : OF_DEFAULT_NETWORK.test(message));
  const others = named ? [] : requests.map(keyOf);
  const possible = isOfFirst ? [keyOf(first)] : others;
  const faulty = possible.find((key) => errorsOf(input, key).length > 0);
  return faulty ?? (possible.length === 1 ? possible[0] : undefined);
}
