import { z } from "zod";
import { runsDhcpDaemon } from "../../networks/cross-checks/dhcp-daemon.ts";
import {
  NETWORK_STATUS,
  NETWORKS_STATUS,
  networkStatusOf,
  type ParsedNetworkStatus,
  parseNetworkStatus,
} from "../../networks/network-status.ts";
import { NETWORKS, type ParsedNetworks, parseNetworks } from "../../networks/request.ts";

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
  /** Without the pod's own network. Absent where Multus reported nothing. */
  status?: ParsedNetworkStatus;
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
      ...(reported === undefined ? {} : { status: this.#status(reported) }),
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

  #status(annotation: string): ParsedNetworkStatus {
    const parsed = parseNetworkStatus(annotation);
    if (!parsed.ok) return parsed;
    const entries = parsed.entries.filter((entry) => !entry.default).slice(0, MOST_ENTRIES);
    return {
      ok: true,
      entries: entries.map(({ name, interface: device, ips, mac }) => ({
        name: this.#shared(name),
        ips,
        default: false,
        gateway: NONE,
        ...(device === undefined ? {} : { interface: this.#shared(device) }),
        ...(mac === undefined ? {} : { mac }),
      })),
    };
  }

  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_SHARED) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

const NONE: readonly string[] = [];

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
