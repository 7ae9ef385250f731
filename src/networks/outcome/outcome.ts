import { sameAddress } from "../../cni/address.ts";
import { show } from "../../cni/finding.ts";
import { listed } from "../../crds/listed.ts";
import { rfc3339 } from "../../crds/rfc3339.ts";
import { globalNamespacesOf, type Isolation, mayUse } from "../pod-request/isolation.ts";
import type { NetworkStatusEntry, ParsedNetworkStatus } from "../pod-request/network-status.ts";
import {
  capabilitiesOf,
  keyOf,
  type NetworkRequest,
  type ParsedNetworks,
  type RequestFault,
} from "../pod-request/request.ts";
import { isUnread } from "../pod-request/unread.ts";
import { droppedOfDefault } from "../request-checks/default-network.ts";
import { type Attachment, attachmentsOf, type NetworkFacts } from "./attachments.ts";
import { type ConfigChange, changeSince } from "./config-history.ts";
import type { SandboxFailure } from "./sandbox-failure.ts";

/** What became of a pod's request for networks; each is reported only on definite evidence. */
export const OUTCOMES = {
  attached: "The pod has every network it requested.",
  pending: "The pod is not set up yet, and no error is known.",
  failed: "The network could not be set up, or the request is not valid.",
  bypassed: "The pod runs without the networks it requested: Multus was not called for it.",
  partial: "The pod runs without a network, or without a part of what it requested.",
  "restart-needed": "A NAD changed after the pod was attached; a restart applies the change.",
  "missing-network": "The pod requests a NAD that does not exist.",
  "forbidden-network": "The pod requests a NAD in another namespace, which namespace isolation forbids.",
  "not-applicable":
    "The pod requests no network, uses the host network, has terminated, or its state is not known because its node does not respond or its annotations are too large.",
} as const;
export type OutcomeKind = keyof typeof OUTCOMES;

/** What is known of a pod. */
export interface PodFacts {
  namespace: string;
  name: string;
  /** Pending, Running, Succeeded, Failed or Unknown. */
  phase: string;
  /** Empty while it is not scheduled. */
  node: string;
  hostNetwork: boolean;
  /** It has an address of its own: its sandbox is set up, though containers may still wait. */
  hasAddress: boolean;
  request: ParsedNetworks;
  /** Absent where the pod has no status annotation. */
  status?: ParsedNetworkStatus;
  /** When Multus wrote the status, ms since 1970. */
  attachedAt?: number;
  /** The latest failure to set its sandbox up. */
  failure?: SandboxFailure;
}

export interface OutcomeInput {
  pod: PodFacts;
  /** The NAD, undefined if there is none. */
  network: (namespace: string, name: string) => NetworkFacts | undefined;
  isolation: Isolation;
}

export interface PodOutcome {
  kind: OutcomeKind;
  /** A sentence that says how that is known, for people. One line, bounded. Made when it is read: of most pods it is not. */
  readonly evidence: string;
  /** "namespace/name" of the NAD that caused it, or the CNI name of a network that the pod does not request, if it is known. */
  network?: string | undefined;
  attachments: readonly Attachment[];
}

/** What became of the pod's request. Pure: the same facts give the same answer. */
export function outcomeOf(input: OutcomeInput): PodOutcome {
  const { pod } = input;
  const requests = pod.request.ok ? pod.request.requests : [];
  const entries = pod.status?.ok ? pod.status.entries : [];
  const attachments = attachmentsOf(requests, entries, input.network);
  return new Outcome(verdictOf(input, requests, attachments), attachments);
}

/** Getters of a class cost nothing; those of a literal are defined again for each pod. */
class Outcome implements PodOutcome {
  readonly kind: OutcomeKind;
  readonly network: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly #evidence: Evidence;

  constructor({ kind, network, evidence }: Verdict, attachments: readonly Attachment[]) {
    this.kind = kind;
    this.network = network;
    this.attachments = attachments;
    this.#evidence = evidence;
  }

  get evidence(): string {
    return bounded(typeof this.#evidence === "string" ? this.#evidence : this.#evidence());
  }
}

type Evidence = string | (() => string);
interface Verdict {
  kind: OutcomeKind;
  evidence: Evidence;
  network?: string | undefined;
}

function verdictOf(
  input: OutcomeInput,
  requests: readonly NetworkRequest[],
  attachments: readonly Attachment[],
): Verdict {
  const { pod } = input;
  if (pod.request.ok && requests.length === 0) return verdict("not-applicable", "it requests no network");
  if (pod.hostNetwork)
    return verdict(
      "not-applicable",
      "it uses the host network (hostNetwork), and Multus is not called for it",
    );
  if (pod.phase === "Succeeded" || pod.phase === "Failed")
    return verdict("not-applicable", "it has terminated, and its networks were removed");
  if (pod.status !== undefined) return reported(input, attachments);
  if (pod.phase === "Unknown")
    return verdict(
      "not-applicable",
      `its node ${pod.node} does not respond (phase Unknown), and the state of its networks is not known`,
    );
  if (pod.hasAddress || pod.phase === "Running") {
    const asked = pod.request.ok ? listedRequests(requests) : "networks";
    return verdict(
      "bypassed",
      `it runs on ${pod.node} and requested ${asked}, but Multus reported nothing: its sandbox was created without Multus; restart the pod`,
    );
  }
  return waiting(input, requests);
}

/** A pod without a sandbox: what stands in its way, the surest first. */
function waiting(input: OutcomeInput, requests: readonly NetworkRequest[]): Verdict {
  const { pod } = input;
  if (!pod.request.ok && !isUnread(pod.request.problem))
    return verdict(
      "failed",
      `${subjectOf(pod.request.problem)} is not valid: it ${pod.request.problem.message}`,
    );
  return (
    unusable(input, requests) ??
    failure(input, requests) ??
    verdict("pending", pod.node === "" ? "it is not scheduled yet" : `it is being set up on ${pod.node}`)
  );
}

/** The first network that the pod may not use, or that does not exist. */
function unusable(input: OutcomeInput, requests: readonly NetworkRequest[]): Verdict | undefined {
  const { pod, isolation } = input;
  for (const request of requests) {
    const key = keyOf(request);
    // Multus checks the namespaces of further networks alone (GetNetworkDelegates).
    if (!request.isDefault && !mayUse(pod.namespace, request.namespace, isolation))
      return forbidden(pod, key, isolation);
    if (request.name === "")
      return verdict("missing-network", "its request has a network without a name", key);
    if (!input.network(request.namespace, request.name))
      return verdict("missing-network", `no NetworkAttachmentDefinition ${key} exists`, key);
  }
  return undefined;
}

/** Why the pod's sandbox could not be set up, if that was tried. */
function failure(
  { pod, network: factsOf }: OutcomeInput,
  requests: readonly NetworkRequest[],
): Verdict | undefined {
  const { failure } = pod;
  if (!failure) return undefined;
  if (!failure.byMultus)
    return verdict(
      "pending",
      `its sandbox cannot be created yet, which is not caused by a network: ${failure.message}`,
    );
  if (failure.network === undefined) return verdict("failed", failure.message);
  const network = requests.find(
    ({ namespace, name }) => factsOf(namespace, name)?.cniName === failure.network,
  );
  const isAllKnown = requests.every((one) => factsOf(one.namespace, one.name)?.capabilities);
  const other = isAllKnown ? failure.network : undefined;
  return verdict(
    "failed",
    `network ${show(failure.network)}: ${failure.message}`,
    network ? keyOf(network) : other,
  );
}

function subjectOf({ annotation }: RequestFault): string {
  return annotation === undefined ? "its request" : `its annotation ${annotation}`;
}

function forbidden(pod: PodFacts, key: string, isolation: Isolation): Verdict {
  return verdict(
    "forbidden-network",
    `namespace isolation allows pods in ${pod.namespace} to use only NADs in their own namespace and in ${globalNamespacesOf(isolation).join(", ")}, not ${key}`,
    key,
  );
}

/** A pod that Multus reported on: what lacks, and what is no longer as it was. */
function reported({ pod, network }: OutcomeInput, attachments: readonly Attachment[]): Verdict {
  const unread = [pod.request, pod.status].find((read) => read && !read.ok && isUnread(read.problem));
  if (unread && !unread.ok)
    return verdict(
      "not-applicable",
      `whether it has its networks is not known, because its ${unread === pod.request ? "request" : "status"} ${unread.problem.message}`,
    );
  if (pod.status && !pod.status.ok)
    return verdict(
      "partial",
      `the status that Multus reported is not valid: it ${pod.status.problem.message}`,
    );
  if (!pod.request.ok)
    return verdict(
      "partial",
      // Before v3.7.2, TryLoadPodDelegates drops the error, and the pod starts with the cluster's network alone.
      `${subjectOf(pod.request.problem)} is not valid: it ${pod.request.problem.message}. It was changed after the start, or Multus ignored it, as releases before v3.7.2 do`,
    );
  return (
    incomplete(attachments, network) ??
    outdated(pod, attachments, network) ??
    verdict("attached", () => `Multus reported an interface for each: ${listedEntries(attachments)}`)
  );
}

/** The first network whose interface is missing, or lacks what was requested. */
function incomplete(
  attachments: readonly Attachment[],
  network: OutcomeInput["network"],
): Verdict | undefined {
  for (const { request, entry } of attachments) {
    const key = keyOf(request);
    if (!entry)
      return verdict(
        "partial",
        `Multus reported no interface for ${key}: its plugin returned none, or the request was changed after the pod was started`,
        key,
      );
    const lost = lostOf(request, entry, network(request.namespace, request.name));
    if (lost) return verdict("partial", lost, key);
  }
  return undefined;
}

/** The first network that was changed after the pod got it. */
function outdated(
  pod: PodFacts,
  attachments: readonly Attachment[],
  network: OutcomeInput["network"],
): Verdict | undefined {
  const { attachedAt } = pod;
  if (attachedAt === undefined) return undefined;
  for (const { request } of attachments) {
    const versions = network(request.namespace, request.name)?.versions;
    const change = versions && changeSince(versions, attachedAt);
    if (change) return restart(keyOf(request), attachedAt, change, request.namespace === pod.namespace);
  }
  return undefined;
}

/** Who may read a pod may not be able to read a NAD of another namespace: what differs stays there. */
function restart(
  key: string,
  attachedAt: number,
  { at, differences }: ConfigChange,
  isOwn: boolean,
): Verdict {
  const known =
    differences.length > 0
      ? differences.join("; ")
      : "the differences are not known, because the previous text was not kept";
  const what = isOwn ? known : "its NetworkAttachmentReport has the versions";
  return verdict(
    "restart-needed",
    `${key} changed at ${at}, after the pod was attached at ${rfc3339(attachedAt)}: ${what}`,
    key,
  );
}

/** What was asked for and not given, though the network is attached. */
function lostOf(
  request: NetworkRequest,
  entry: NetworkStatusEntry,
  facts: NetworkFacts | undefined,
): string | undefined {
  const asked = capabilitiesOf(request);
  if (asked.length === 0) return undefined;
  const key = keyOf(request);
  const declared = facts?.capabilities;
  const undeclared = new Set(declared ? asked.filter((name) => !declared.includes(name)) : []);
  const why = (name: string) =>
    undeclared.has(name)
      ? `: no plugin of ${key} declares the capability "${name}", and without it, Multus drops the request`
      : "";
  const missing = (request.ips ?? []).find((ip) => !entry.ips.some((got) => sameAddress(ip, got)));
  if (missing !== undefined)
    return `it requested ${missing} from ${key} and has ${entry.ips.join(", ") || "no address"}${why("ips")}`;
  if (request.mac !== undefined && entry.mac !== undefined && !sameMac(request.mac, entry.mac))
    return `it requested the MAC address ${request.mac} from ${key} and has ${entry.mac}${why("mac")}`;
  const [never] = request.isDefault ? droppedOfDefault(request) : [];
  if (never !== undefined)
    return `it requested "${never}" from ${key}, which Multus passes only to the networks of k8s.v1.cni.cncf.io/networks`;
  // These are not reported, so that only a missing declaration tells.
  for (const name of ["portMappings", "bandwidth", "infinibandGUID"])
    if (undeclared.has(name)) return `it requested "${name}" from ${key}${why(name)}`;
  // The same device may come of a device plugin.
  if (undeclared.has("deviceID") && entry.device !== request.deviceId)
    return `it requested "deviceID" from ${key}${why("deviceID")}`;
  return undefined;
}

function sameMac(a: string, b: string): boolean {
  const digits = (mac: string) => mac.toLowerCase().replace(/[^0-9a-f]/g, "");
  return digits(a) === digits(b);
}

function listedRequests(requests: readonly NetworkRequest[]): string {
  return listed(requests.map(keyOf), 8);
}

function listedEntries(attachments: readonly Attachment[]): string {
  return attachments
    .slice(0, 8)
    .map(({ request, entry }) =>
      `${keyOf(request)} ${entry?.interface ?? ""} ${entry?.ips.join(" ") ?? ""}`.trim(),
    )
    .join(", ");
}

function verdict(kind: OutcomeKind, evidence: Evidence, network?: string): Verdict {
  return { kind, evidence, network };
}

/** One line without control characters: it holds what tenants and plugins wrote. */
function bounded(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length <= 1024 ? line : `${line.slice(0, 1023)}…`;
}
