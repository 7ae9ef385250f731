import { unreadFinding } from "../../cni/check.ts";
import { pathAndMessage } from "../../cni/finding.ts";
import { listed } from "../../crds/listed.ts";
import type { PodOutcome } from "../outcome/outcome.ts";
import { mayUse } from "../pod-request/isolation.ts";
import { capabilitiesOf, keyOf, NETWORKS, type NetworkRequest } from "../pod-request/request.ts";
import { type ExplainInput, errorsOf, type MultusOnNode } from "./input.ts";
import { schedulerText } from "./wording.ts";

/** One link of the chain from a pod's annotation to its status, and whether it holds. */
export interface Link {
  part: "pod" | "annotation" | "network" | "node" | "event" | "status";
  /** unknown: it could not be read. none: there is nothing, which is not wrong in itself. */
  state: "ok" | "wrong" | "none" | "unknown";
  text: string;
}

/** annotation → NAD → node → event → status, each link with what it shows. */
export function chainOf(input: ExplainInput, outcome: PodOutcome): Link[] {
  const { request } = input.pod;
  return [
    podLink(input),
    annotationLink(input),
    ...(request.ok ? distinct(request.requests) : []).map((wanted) => networkLink(input, wanted, outcome)),
    ...nodeLinks(input),
    eventLink(input, outcome),
    statusLink(input, outcome),
  ];
}

function podLink({ pod }: ExplainInput): Link {
  const place = pod.node === "" ? "on no node yet" : `on ${pod.node}`;
  const since = pod.startedAt === undefined ? "" : ` since ${pod.startedAt}`;
  const text = `${pod.phase} ${place}${since}`;
  if (pod.hostNetwork) return link("pod", "wrong", `${text}, with the node's network (hostNetwork)`);
  if (pod.node === "")
    return link("pod", "wrong", pod.unscheduled ? `${text}: ${schedulerText(pod.unscheduled)}` : text);
  return link("pod", "ok", text);
}

function annotationLink({ pod: { request } }: ExplainInput): Link {
  if (!request.ok) {
    const { annotation = NETWORKS, message } = request.problem;
    return link("annotation", "wrong", `${annotation} ${message}`);
  }
  if (request.requests.length === 0) return link("annotation", "wrong", `no ${NETWORKS}`);
  const names = request.requests.map((wanted) => {
    const device = wanted.interface ? `@${wanted.interface}` : "";
    return `${keyOf(wanted)}${device}${wanted.isDefault ? " as the default network" : ""}`;
  });
  return link("annotation", "ok", `requests ${listed(names, 8)}`);
}

function networkLink(input: ExplainInput, wanted: NetworkRequest, { kind, network }: PodOutcome): Link {
  const key = keyOf(wanted);
  if (!wanted.isDefault && !mayUse(input.pod.namespace, wanted.namespace, input.isolation))
    return link(
      "network",
      "wrong",
      `${key}: namespace isolation forbids it for pods of ${input.pod.namespace}`,
    );
  const nad = input.nads.get(key);
  const facts = input.network(wanted.namespace, wanted.name);
  if (!facts) return link("network", "wrong", `${key}: there is no such NetworkAttachmentDefinition`);
  if (!nad) return link("network", "unknown", `${key}: cannot be read (no permission)`);
  const unread = unreadFinding(nad.findings);
  if (unread) return link("network", "unknown", `${key}: ${unread.message}`);
  const [error] = errorsOf(input, key);
  if (error) return link("network", "wrong", `${key}: ${pathAndMessage(error)}`);
  // Some of what is not declared is applied all the same: Multus passes ips and mac as CNI_ARGS too.
  const undeclared =
    facts.capabilities && kind === "partial" && network === key
      ? capabilitiesOf(wanted).filter((name) => !facts.capabilities?.includes(name))
      : [];
  if (undeclared.length > 0)
    return link("network", "wrong", `${key}: no plugin declares the capability ${undeclared.join(", ")}`);
  const types = nad.types.length === 0 ? "a file on the node" : nad.types.join(", ");
  return link("network", "ok", `${key}: valid (${types})`);
}

function nodeLinks({ pod, multus, nodeReady, lacking, nads }: ExplainInput): Link[] {
  if (pod.node === "") return [];
  const ready: Link =
    nodeReady === undefined
      ? link("node", "unknown", `${pod.node}: whether it is Ready cannot be read (no permission)`)
      : link("node", nodeReady ? "ok" : "wrong", `${pod.node} is ${nodeReady ? "" : "not "}Ready`);
  const lacks = [...nads.keys()].flatMap((key) =>
    (lacking.get(key) ?? []).map((what) =>
      link("node", "wrong", `${pod.node} has no ${what}, which ${key} needs`),
    ),
  );
  return [ready, multusLink(pod.node, multus), ...lacks];
}

function multusLink(node: string, multus: MultusOnNode | undefined): Link {
  switch (multus?.state) {
    case undefined:
      return link("node", "unknown", `Multus on ${node}: its pods cannot be read (no permission)`);
    case "absent":
      return link("node", "wrong", `no Multus pod on ${node}`);
    case "unready":
      return link("node", "wrong", `Multus is not ready on ${node} (${multus.pod}): ${multus.why}`);
    case "ready":
      return link(
        "node",
        "ok",
        `Multus is ready there (${multus.pod}${multus.since ? `, since ${multus.since}` : ""})`,
      );
  }
}

function eventLink({ pod: { failure } }: ExplainInput, { kind }: PodOutcome): Link {
  if (!failure) return link("event", "none", "no failure is reported");
  const who = failure.byMultus ? (failure.network ? `network ${failure.network}` : "Multus") : "the runtime";
  const text = `FailedCreatePodSandBox, ${who}: ${failure.message}`;
  // The event stays for an hour after the kubelet's next attempt succeeded.
  return kind === "attached"
    ? link("event", "none", `before the pod started: ${text}`)
    : link("event", "wrong", text);
}

function statusLink({ pod }: ExplainInput, { attachments, kind }: PodOutcome): Link {
  if (!pod.status) return link("status", kind === "bypassed" ? "wrong" : "none", "Multus reported nothing");
  if (!pod.status.ok) return link("status", "wrong", `what Multus reported ${pod.status.problem.message}`);
  if (attachments.length === 0) return link("status", "none", "nothing was requested");
  const shown = attachments
    .slice(0, 8)
    .map(({ request, entry }) =>
      entry
        ? `${keyOf(request)} ${entry.interface ?? "without an interface"} ${entry.ips.join(" ")}`.trim()
        : `${keyOf(request)} not reported`,
    );
  return link("status", kind === "attached" ? "ok" : "wrong", shown.join(", "));
}

function distinct(requests: readonly NetworkRequest[]): NetworkRequest[] {
  const seen = new Set<string>();
  return requests.slice(0, 64).filter((wanted) => {
    const key = keyOf(wanted);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function link(part: Link["part"], state: Link["state"], text: string): Link {
  return { part, state, text };
}
