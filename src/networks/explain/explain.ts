import { sameAddress } from "../../cni/address.ts";
import { show } from "../../cni/finding.ts";
import { nameOf, namespaceOf } from "../../crds/namespaced-name.ts";
import { outcomeOf, type PodOutcome } from "../outcome/outcome.ts";
import { capabilitiesOf, keyOf, NETWORKS } from "../pod-request/request.ts";
import { droppedOfDefault } from "../request-checks/default-network.ts";
import { bypassed } from "./bypassed.ts";
import { type Cause, type CauseCode, cause, editCommand } from "./cause-codes.ts";
import { failed } from "./failed.ts";
import type { ExplainedPod, ExplainInput } from "./input.ts";
import { leakedAddresses } from "./leaked-addresses.ts";
import { failureWithoutRequest } from "./no-request.ts";
import { pending } from "./pending.ts";
import { misspelledAnnotation, placeToFix, restartOf, suggestionFor } from "./wording.ts";

export interface Explanation {
  outcome: PodOutcome;
  code: CauseCode;
  /** One sentence: what is wrong, and what to do. */
  sentence: string;
}

/** Why a pod did not get its networks. Pure; builds on the outcome, which rests on definite evidence only. */
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
      return withoutRequest(input);
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
      return attached(input, outcome);
  }
}

/** A pod with its networks, and what will stand in its way later. */
function attached(input: ExplainInput, { evidence, attachments }: PodOutcome): Cause {
  const { pod } = input;
  const name = `${pod.namespace}/${pod.name}`;
  const requests = pod.request.ok ? pod.request.requests : [];
  const unaddressed = attachments.find(
    ({ request, entry }) => request.isDefault && (entry?.interface !== "eth0" || entry.ips.length === 0),
  );
  // Multus was content: only what the runtime and the kubelet make of it is missing.
  if (pod.phase === "Pending" && !pod.hasAddress && unaddressed) {
    const key = keyOf(unaddressed.request);
    return cause(
      "REQUEST_REJECTED",
      `Multus attached the default network ${key}, which gives ${name} no address on eth0, and the kubelet recreates the sandbox of a pod without one again and again: add an ipam to ${key} (${editCommand(key)}), request no other interface for it, or request it in ${NETWORKS} of ${placeToFix(pod)}`,
    );
  }
  const gone = requests.find((wanted) => !input.network(wanted.namespace, wanted.name));
  if (gone)
    return cause(
      "NETWORK_GONE",
      `${name} keeps its networks while it runs, but NetworkAttachmentDefinition ${keyOf(gone)} no longer exists: create it again before the pod restarts`,
    );
  const [duplicate] = input.duplicates ?? [];
  if (duplicate) {
    const requested = requests.some(({ ips = [] }) => ips.some((ip) => sameAddress(ip, duplicate.address)));
    const fix = requested
      ? "the pod requests this address itself, so request another one for each pod"
      : "host-local counts addresses per node and per network name, so give each node and each network its own range, or use an IPAM for the whole cluster (whereabouts)";
    return cause(
      "DUPLICATE_ADDRESS",
      `${name} has the address ${duplicate.address} of ${duplicate.network}, which ${duplicate.pods.join(", ")} has too: ${fix}; then ${restartOf(pod)}`,
    );
  }
  return cause("ATTACHED", `${name} has the networks that it requested: ${evidence}`);
}

function withoutRequest(input: ExplainInput): Cause {
  const { pod } = input;
  const { request, owner } = pod;
  const name = `${pod.namespace}/${pod.name}`;
  if (request.ok && request.requests.length === 0) {
    const wrong = misspelledAnnotation(Object.keys(pod.annotations));
    if (wrong !== undefined)
      return cause(
        "MISSPELLED_ANNOTATION",
        `${name} has the annotation ${show(wrong)}, which Multus does not read: write ${NETWORKS} in ${placeToFix(pod)}, and ${restartOf(pod)}`,
      );
    if (owner?.annotated)
      return cause(
        "ANNOTATION_ON_OWNER",
        `the annotation ${NETWORKS} is on the ${owner.kind} ${owner.name} itself, but its pods do not inherit it: move it to spec.template.metadata.annotations`,
      );
    const failed = failureWithoutRequest(input);
    if (failed) return failed;
    return cause(
      "NO_REQUEST",
      `${name} requests no network: add the annotation ${NETWORKS} with the name of a NetworkAttachmentDefinition to ${placeToFix(pod)}`,
    );
  }
  if (pod.hostNetwork)
    return cause(
      "HOST_NETWORK",
      `${name} uses the node's network (hostNetwork: true), for which Multus is not called: remove hostNetwork, or the annotation`,
    );
  if (pod.phase === "Unknown")
    return cause(
      "NODE_UNREACHABLE",
      `the node of ${name}, ${pod.node}, does not respond, and the state of the pod's networks is not known: kubectl describe node ${pod.node} shows why`,
    );
  return cause("ENDED", `${name} has finished, and its networks are gone: explain a pod that runs`);
}

function missingNetwork({ pod, known }: ExplainInput, network: string): Cause {
  const name = nameOf(network);
  if (name === "")
    return cause(
      "BAD_REQUEST",
      `the annotation of ${pod.namespace}/${pod.name} has a network without a name, for example after a trailing comma: fix it in ${placeToFix(pod)}`,
    );
  const suggestion = suggestionFor(network, known);
  const instead =
    suggestion === undefined
      ? ""
      : `; did you mean ${suggestion}? If so, write that in ${placeToFix(pod)}. If not,`;
  return cause(
    "MISSING_NETWORK",
    `there is no NetworkAttachmentDefinition ${network}${instead || ":"} create it, and the pod starts automatically`,
  );
}

function forbidden(pod: ExplainedPod, { network = "", evidence }: PodOutcome): Cause {
  return cause(
    "ISOLATION",
    `${evidence}: create the NAD in ${pod.namespace} too and request it there, or add ${namespaceOf(network)} to spec.isolation.globalNamespaces of the MultusInstall`,
  );
}

/** What the checker finds of a cniVersion with which Multus reports no interface. */
function hidesInterface({ nads }: ExplainInput, network: string): string | undefined {
  return nads
    .get(network)
    ?.findings.find(
      ({ code, path, severity }) =>
        severity === "warning" &&
        (code === "MISSING_CNI_VERSION" || (code === "VERSION_TOO_LOW" && path.startsWith("cniVersion"))),
    )?.message;
}

function partial(input: ExplainInput, { network, evidence }: PodOutcome): Cause {
  const { pod } = input;
  if (!pod.request.ok && pod.status?.ok)
    return cause("BAD_REQUEST", `${evidence}. Fix it in ${placeToFix(pod)}, then ${restartOf(pod)}`);
  const request = pod.request.ok
    ? pod.request.requests.find((wanted) => keyOf(wanted) === network)
    : undefined;
  const facts = request && input.network(request.namespace, request.name);
  const undeclared =
    request && facts?.capabilities
      ? capabilitiesOf(request).filter((name) => !facts.capabilities?.includes(name))
      : [];
  if (request?.isDefault && droppedOfDefault(request).some((name) => evidence.includes(`"${name}"`)))
    return cause(
      "MISSING_CAPABILITY",
      `${evidence}. Request it there, of an additional network, then ${restartOf(pod)}`,
    );
  if (network !== undefined && undeclared.length > 0)
    return cause(
      "MISSING_CAPABILITY",
      `${evidence}. Add "capabilities": {${undeclared.map((name) => `"${name}": true`).join(", ")}} to the plugin in ${network} (${editCommand(network)}), then ${restartOf(pod)}`,
    );
  const hidden = network === undefined ? undefined : hidesInterface(input, network);
  if (network !== undefined && hidden !== undefined)
    return cause(
      "NO_CNI_VERSION",
      `Multus reported no interface for ${network}, which the pod may have all the same. Its cniVersion is the cause: ${hidden}. Set "cniVersion": "1.0.0" there, in a list next to "plugins" (${editCommand(network)}), then ${restartOf(pod)}`,
    );
  return cause("NOT_REPORTED", `${evidence}. To apply the current request, ${restartOf(pod)}`);
}
