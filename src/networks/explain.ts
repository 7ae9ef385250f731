import type { Finding } from "../cni/finding.ts";
import { show } from "../cni/finding.ts";
import { keyOf } from "./attachments.ts";
import { badConfig, type Cause, type CauseCode, causeOfFailure, editCommand } from "./causes.ts";
import { misspelt, restartOf, schedulerText, suggestionFor } from "./explain-words.ts";
import { type OutcomeInput, outcomeOf, type PodFacts, type PodOutcome } from "./outcome.ts";
import { capabilitiesOf, NETWORKS } from "./request.ts";
import { GUARD } from "./sandbox-failure.ts";

/** Multus on the pod's node, as its pod there shows it. */
export type MultusOnNode =
  | { state: "ready"; pod: string /** RFC 3339 */; since?: string }
  | { state: "unready"; pod: string; why: string }
  | { state: "absent" };

export interface ExplainedPod extends PodFacts {
  annotations: Readonly<Record<string, string>>;
  /** The workload that made it, and whether that carries the annotation itself instead of its template. */
  owner?: { kind: string; name: string; annotated: boolean };
  /** Why no node takes it, in the scheduler's words. */
  unscheduled?: string;
  /** RFC 3339: when the kubelet took it. */
  startedAt?: string;
}

/** What is known of a NAD that the pod asks for. */
export interface ExplainedNad {
  findings: readonly Finding[];
  /** Types of its plugins. */
  types: readonly string[];
  /** The node's interfaces that it builds on. */
  masters: readonly string[];
}

export interface ExplainInput extends Omit<OutcomeInput, "pod"> {
  pod: ExplainedPod;
  /** By "namespace/name"; those that exist. */
  nads: ReadonlyMap<string, ExplainedNad>;
  /** "namespace/name" of every NAD that may be read, for suggestions. */
  known: readonly string[];
  /** Undefined where it is not known. */
  multus?: MultusOnNode | undefined;
  /** Undefined where it is not known. */
  nodeReady?: boolean | undefined;
  /** What the node lacks of what a NAD needs, by the operator's look at it: "plugin macvlan". By NAD. */
  lacking: ReadonlyMap<string, readonly string[]>;
  /** The node's links, where they are known. */
  interfaces?: readonly string[] | undefined;
}

export interface Explanation {
  outcome: PodOutcome;
  code: CauseCode;
  /** One sentence: what is wrong, and the way out. */
  sentence: string;
}

/** Why a pod has not its networks. Pure; builds on the outcome, which is told on definite evidence only. */
export function explain(input: ExplainInput): Explanation {
  const outcome = outcomeOf(input);
  const { code, sentence } = causeOf(input, outcome);
  return { outcome, code, sentence };
}

function causeOf(input: ExplainInput, outcome: PodOutcome): Cause {
  const { pod } = input;
  const evidence = outcome.evidence;
  switch (outcome.kind) {
    case "not-applicable":
      return notAsking(pod);
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

function notAsking(pod: ExplainedPod): Cause {
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

function bypassed(input: ExplainInput): Cause {
  const { pod, multus } = input;
  const asked = `${pod.namespace}/${pod.name} runs on ${pod.node} without the networks that it asked for`;
  if (multus?.state === "absent")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${asked}, since no Multus pod runs there: let spec.workload.nodeSelector and tolerations of the MultusInstall take that node in, or keep the pod off it; then ${restartOf(pod)}`,
    );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${asked}, since Multus is not ready there (${multus.pod}: ${multus.why}): mend that first, then ${restartOf(pod)}`,
    );
  const { startedAt } = pod;
  if (multus?.since !== undefined && startedAt !== undefined && startedBefore(startedAt, multus.since))
    return cause(
      "STARTED_BEFORE_MULTUS",
      `${asked}, since it was started at ${startedAt}, before Multus was ready there at ${multus.since}: ${restartOf(pod)}`,
    );
  return cause(
    "BYPASSED",
    `${asked}: its sandbox was made without Multus, as while Multus was restarted or while another file sorted before its own in the CNI directory. ${capitalized(restartOf(pod))}; if that does not help, look at that directory on ${pod.node}`,
  );
}

/** The thick daemon writes its configuration a second or two after it is ready. */
const SETTLING_MS = 5000;

function startedBefore(startedAt: string, readySince: string): boolean {
  return Date.parse(startedAt) < Date.parse(readySince) + SETTLING_MS;
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
  // A failure that names no network is of one of them, or of the cluster's own.
  const blamed = network ?? requested.find((key) => errorsOf(input, key).length > 0);
  const at =
    network ?? (requested.length === 1 && pod.failure?.network === undefined ? requested[0] : blamed);
  return causeOfFailure(pod.failure?.message ?? evidence, {
    network: at,
    node: pod.node,
    masters: at === undefined ? [] : (input.nads.get(at)?.masters ?? []),
    errors: at === undefined ? [] : errorsOf(input, at),
    interfaces: input.interfaces,
  });
}

function pending(input: ExplainInput, { evidence }: PodOutcome): Cause {
  const { pod, multus } = input;
  const name = `${pod.namespace}/${pod.name}`;
  if (pod.node === "")
    return cause(
      "UNSCHEDULED",
      pod.unscheduled
        ? `no node takes ${name}, so nothing is attached yet: ${schedulerText(pod.unscheduled)}. Change what the scheduler names, such as the pod's requests, its nodeSelector or tolerations`
        : `${name} is not scheduled yet: look again in a moment, and whether a scheduler runs`,
    );
  if (pod.failure?.message.startsWith(GUARD))
    return cause(
      "MULTUS_CHANGING",
      `${name} waits while Multus is exchanged on ${pod.node}: look again in half a minute, the kubelet tries by itself; if it lasts, kubectl multus status`,
    );
  if (pod.failure)
    return cause(
      "NOT_MULTUS",
      `the sandbox of ${name} cannot be made, and not for Multus' sake: ${pod.failure.message}. Look at the node's own network and runtime: kubectl describe pod -n ${pod.namespace} ${pod.name}`,
    );
  for (const { namespace, name: nad } of pod.request.ok ? pod.request.requests : []) {
    const key = `${namespace}/${nad}`;
    const [error] = errorsOf(input, key);
    if (error) return badConfig(key, error);
    const [lack] = input.lacking.get(key) ?? [];
    if (lack !== undefined)
      return cause(
        lack.startsWith("plugin") ? "MISSING_BINARY" : "MISSING_MASTER",
        `${pod.node} has no ${lack}, which ${key} needs: put it there, or change the network (${editCommand(key)})`,
      );
  }
  if (input.nodeReady === false)
    return cause(
      "STARTING",
      `${name} waits for its node: ${pod.node} is not Ready; kubectl describe node ${pod.node}`,
    );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${name} waits on ${pod.node}, where Multus is not ready (${multus.pod}: ${multus.why}): mend that; the pod then starts by itself`,
    );
  return cause("STARTING", `${evidence}: nothing stands in its way so far; look again in a moment`);
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

function errorsOf({ nads }: ExplainInput, network: string): Finding[] {
  return (nads.get(network)?.findings ?? []).filter(({ severity }) => severity === "error");
}

function cause(code: CauseCode, sentence: string): Cause {
  return { code, sentence };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
