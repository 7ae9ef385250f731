import { show } from "../../cni/finding.ts";
import { keyOf } from "../attachments.ts";
import { outcomeOf, type PodOutcome } from "../outcome.ts";
import { capabilitiesOf, NETWORKS } from "../pod-request/request.ts";
import { bypassed } from "./bypassed.ts";
import { type Cause, type CauseCode, cause, causeOfFailure, editCommand } from "./causes.ts";
import { type ExplainedPod, type ExplainInput, errorsOf } from "./input.ts";
import { leakedAddresses } from "./leaked-addresses.ts";
import { primary, unasking } from "./no-request.ts";
import { pending } from "./pending.ts";
import { misspelt, restartOf, suggestionFor } from "./wording.ts";

export interface Explanation {
  outcome: PodOutcome;
  code: CauseCode;
  /** One sentence: what is wrong, and the way out. */
  sentence: string;
}

/** Why a pod has not its networks. Pure; builds on the outcome, which is told on definite evidence only. */
export function explain(input: ExplainInput): Explanation {
  const outcome = outcomeOf(input);
  const { code, sentence } = leakedAddresses(causeOf(input, outcome), input.defects);
  return { outcome, code, sentence };
}

function causeOf(input: ExplainInput, outcome: PodOutcome): Cause {
  const { pod } = input;
  const evidence = outcome.evidence;
  switch (outcome.kind) {
    case "not-applicable":
      return notAsking(input);
    case "bypassed":
      return bypassed(input);
    case "missing-network":
      return missingNetwork(input, outcome.network ?? "");
    case "forbidden-network":
      return forbidden(pod, outcome);
    case "failed":
      return failed(input, outcome);
    case "pending":
      return pending(input, outcome);
    case "partial":
      return partial(input, outcome);
    case "restart-needed":
      return cause("NETWORK_CHANGED", `${evidence}. The pod keeps what it had: ${restartOf(pod)}`);
    case "attached":
      return cause("ATTACHED", `${pod.namespace}/${pod.name} has what it asked for: ${evidence}`);
  }
}

function notAsking(input: ExplainInput): Cause {
  const { pod } = input;
  const { request, owner } = pod;
  const name = `${pod.namespace}/${pod.name}`;
  if (request.ok && request.requests.length === 0) {
    const wrong = misspelt(Object.keys(pod.annotations));
    if (wrong !== undefined)
      return cause(
        "MISSPELT_ANNOTATION",
        `${name} has the annotation ${show(wrong)}, which Multus does not look at: write ${NETWORKS} in the pod's template, and ${restartOf(pod)}`,
      );
    if (owner?.annotated)
      return cause(
        "ANNOTATION_ON_OWNER",
        `the annotation ${NETWORKS} is on the ${owner.kind} ${owner.name} itself, and its pods do not get it: move it to spec.template.metadata.annotations`,
      );
    const failed = unasking(input);
    if (failed) return failed;
    return cause(
      "NO_REQUEST",
      `${name} asks for no network: add the annotation ${NETWORKS} with the name of a NetworkAttachmentDefinition to the pod's template`,
    );
  }
  if (pod.hostNetwork)
    return cause(
      "HOST_NETWORK",
      `${name} uses the node's network (hostNetwork: true), for which Multus is not called: take hostNetwork out, or the annotation`,
    );
  return cause("ENDED", `${name} has ended, and its networks with it: look at a pod that runs`);
}

function missingNetwork({ pod, known }: ExplainInput, network: string): Cause {
  const name = network.slice(network.indexOf("/") + 1);
  if (name === "")
    return cause(
      "BAD_REQUEST",
      `the annotation of ${pod.namespace}/${pod.name} holds a network without a name, such as after a comma too many: mend it in the pod's template`,
    );
  const suggestion = suggestionFor(network, known);
  const instead =
    suggestion === undefined
      ? ""
      : `; did you mean ${suggestion}? Then write that in the pod's template. If not,`;
  return cause(
    "MISSING_NETWORK",
    `there is no NetworkAttachmentDefinition ${network}${instead || ":"} create it, and the pod starts by itself`,
  );
}

function forbidden(pod: ExplainedPod, { network = "", evidence }: PodOutcome): Cause {
  const namespace = network.slice(0, network.indexOf("/"));
  return cause(
    "ISOLATION",
    `${evidence}: make the NAD in ${pod.namespace} too and ask for it there, or add ${namespace} to spec.isolation.globalNamespaces of the MultusInstall`,
  );
}

function failed(input: ExplainInput, { network, evidence }: PodOutcome): Cause {
  const { pod } = input;
  if (!pod.request.ok)
    return cause(
      "BAD_REQUEST",
      `the annotation ${NETWORKS} of ${pod.namespace}/${pod.name} cannot be read: it ${pod.request.problem.message}. Mend it in the pod's template`,
    );
  const requested = pod.request.requests.map(keyOf);
  const culprit = pod.failure?.network;
  if (culprit !== undefined && network === undefined)
    return primary(culprit, pod.failure?.message ?? "", pod.node);
  // A failure that names no network is of the one that the checker finds fault with, or of the only one.
  const faulty = requested.find((key) => errorsOf(input, key).length > 0);
  const at = network ?? faulty ?? (requested.length === 1 ? requested[0] : undefined);
  return causeOfFailure(pod.failure?.message ?? evidence, {
    network: at,
    node: pod.node,
    masters: at === undefined ? [] : (input.nads.get(at)?.masters ?? []),
    errors: at === undefined ? [] : errorsOf(input, at),
    interfaces: input.interfaces,
  });
}

function partial(input: ExplainInput, { network, evidence }: PodOutcome): Cause {
  const { pod } = input;
  const request = pod.request.ok
    ? pod.request.requests.find((wanted) => keyOf(wanted) === network)
    : undefined;
  const facts = request && input.network(request.namespace, request.name);
  const undeclared =
    request && facts?.capabilities
      ? capabilitiesOf(request).filter((name) => !facts.capabilities?.includes(name))
      : [];
  if (network !== undefined && undeclared.length > 0)
    return cause(
      "MISSING_CAPABILITY",
      `${evidence}. Add "capabilities": {${undeclared.map((name) => `"${name}": true`).join(", ")}} to the plugin in ${network} (${editCommand(network)}), then ${restartOf(pod)}`,
    );
  return cause("NOT_REPORTED", `${evidence}. To have the request as it is now, ${restartOf(pod)}`);
}
