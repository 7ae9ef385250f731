import { z } from "zod";
import { runsDhcpDaemon } from "./cross-checks/dhcp-daemon.ts";
import type { PodFacts } from "./outcome.ts";
import type { Problem } from "./pod-request/go-json.ts";
import {
  NETWORK_STATUS,
  NETWORKS_STATUS,
  type NetworkStatusEntry,
  networkStatusOf,
  type ParsedNetworkStatus,
  parseNetworkStatus,
} from "./pod-request/network-status.ts";
import { NETWORKS, type ParsedNetworks, parseNetworks } from "./pod-request/request.ts";
import type { SandboxFailure } from "./sandbox-failure.ts";

/** What is kept of a pod that asks for networks: hundreds of bytes. Texts that many pods share are held once. */
export interface PodView {
  uid: string;
  phase: string;
  node: string;
  hostNetwork: boolean;
  hasAddress: boolean;
  /** It is being deleted: its addresses may be given to others already. */
  terminating: boolean;
  request: ParsedNetworks;
  /** What Multus reported, in short; see `statusOf`. Absent where it reported nothing. */
  reported?: string | Problem;
  /** Milliseconds since 1970 at which the networks were attached, or a later moment by which they were. */
  attachedAt?: number;
  /** It runs the dhcp plugin's daemon. */
  dhcpDaemon?: true;
}

/** A pod that asks for more than these, of which Multus would make an interface each, is judged by the first. */
const MOST_REQUESTS = 64;
const MOST_ENTRIES = 128;
const MOST_SHARED = 20_000;

const pod = z.object({
  metadata: z.object({
    namespace: z.string(),
    uid: z.string().default(""),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.unknown()).default([]),
  }),
  spec: z.object({ nodeName: z.string().default(""), hostNetwork: z.boolean().default(false) }).prefault({}),
  status: z
    .object({
      phase: z.string().default("Pending"),
      podIP: z.string().default(""),
      initContainerStatuses: z.array(z.unknown()).default([]),
      containerStatuses: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});
const daemon = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ command: z.array(z.string()).optional(), args: z.array(z.string()).optional() }),
    ),
  }),
});

/** Makes views of pods. One instance for one store: it holds the texts that pods share. */
export class PodViews {
  readonly #texts = new Map<string, string>();
  readonly #requests = new Map<string, ParsedNetworks>();

  /** Undefined for a pod that asks for no network and runs no dhcp daemon. Throws a ZodError where the object is no pod. */
  view(object: unknown): PodView | undefined {
    const dhcpDaemon = isDhcpDaemon(object);
    const annotations = (object as { metadata?: { annotations?: Record<string, string> } }).metadata
      ?.annotations;
    if (!annotations?.[NETWORKS] && !dhcpDaemon) return undefined;
    const { metadata, spec, status } = pod.parse(object);
    const reported = networkStatusOf(metadata.annotations);
    const attachedAt = attachmentTime(metadata.managedFields, [
      ...status.initContainerStatuses,
      ...status.containerStatuses,
    ]);
    return {
      uid: metadata.uid,
      phase: this.#shared(status.phase),
      node: this.#shared(spec.nodeName),
      hostNetwork: spec.hostNetwork,
      hasAddress: status.podIP !== "",
      terminating: metadata.deletionTimestamp !== undefined,
      request: this.#request(metadata.annotations[NETWORKS] ?? "", metadata.namespace),
      ...(reported === undefined ? {} : { reported: shortened(parseNetworkStatus(reported)) }),
      ...(reported === undefined || attachedAt === undefined ? {} : { attachedAt }),
      ...(dhcpDaemon ? { dhcpDaemon } : {}),
    };
  }

  /** The pods of one workload carry one annotation. */
  #request(annotation: string, namespace: string): ParsedNetworks {
    const key = `${namespace} ${annotation}`;
    const known = this.#requests.get(key);
    if (known) return known;
    const parsed = parseNetworks(annotation, namespace);
    const kept: ParsedNetworks = parsed.ok
      ? { ok: true, requests: parsed.requests.slice(0, MOST_REQUESTS) }
      : parsed;
    if (this.#requests.size >= MOST_SHARED) this.#requests.clear();
    this.#requests.set(key, kept);
    return kept;
  }

  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_SHARED) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

/** Neither is in a name, an interface or an address that can be used; what has one is cut there. */
const FIELD = "\t";
const ENTRY = "\n";
const NONE: readonly string[] = [];

/** One string for all interfaces but the pod's own: as objects they would take three times the memory. */
function shortened(status: ParsedNetworkStatus): string | Problem {
  if (!status.ok) return status.problem;
  return status.entries
    .filter((entry) => !entry.default)
    .slice(0, MOST_ENTRIES)
    .map(({ name, interface: device = "", mac = "", ips }) =>
      [name, device, mac, ...ips].map((word) => word.replace(/[\t\n].*/s, "")).join(FIELD),
    )
    .join(ENTRY);
}

/** What Multus reported of a pod's further networks: names, interfaces and addresses. */
export function statusOf({ reported }: PodView): ParsedNetworkStatus | undefined {
  if (reported === undefined) return undefined;
  if (typeof reported !== "string") return { ok: false, problem: reported };
  return { ok: true, entries: reported === "" ? [] : reported.split(ENTRY).map(entryOf) };
}

/** What outcomes are judged by. */
export function podFacts(
  namespace: string,
  name: string,
  view: PodView,
  failure: SandboxFailure | undefined,
): PodFacts {
  const { phase, node, hostNetwork, hasAddress, request, attachedAt } = view;
  const status = statusOf(view);
  return {
    namespace,
    name,
    phase,
    node,
    hostNetwork,
    hasAddress,
    request,
    ...(status === undefined ? {} : { status }),
    ...(attachedAt === undefined ? {} : { attachedAt: rfc3339(attachedAt) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

function entryOf(line: string): NetworkStatusEntry {
  const [name = "", device, mac, ...ips] = line.split(FIELD);
  return {
    name,
    ips,
    default: false,
    gateway: NONE,
    ...(device ? { interface: device } : {}),
    ...(mac ? { mac } : {}),
  };
}

function isDhcpDaemon(object: unknown): true | undefined {
  const { data } = daemon.safeParse(object);
  return data && runsDhcpDaemon(data.spec.containers) ? true : undefined;
}

const entry = z.object({
  time: z.string(),
  fieldsV1: z.object({ "f:metadata": z.object({ "f:annotations": z.record(z.string(), z.unknown()) }) }),
});
const started = z.object({
  state: z.object({ running: z.object({ startedAt: z.string() }) }),
});

/** When the status annotation was written, by the pod's managed fields; else when its first container started, which was later. */
function attachmentTime(
  managedFields: readonly unknown[],
  containers: readonly unknown[],
): number | undefined {
  const written = managedFields.flatMap((field) => {
    const { data } = entry.safeParse(field);
    const names = data?.fieldsV1["f:metadata"]["f:annotations"] ?? {};
    return data && (`f:${NETWORK_STATUS}` in names || `f:${NETWORKS_STATUS}` in names) ? [data.time] : [];
  });
  const starts = containers.flatMap((container) => {
    const { data } = started.safeParse(container);
    return data ? [data.state.running.startedAt] : [];
  });
  const time = written.toSorted().at(-1) ?? starts.toSorted()[0];
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? undefined : at;
}
