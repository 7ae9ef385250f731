import { createHash } from "node:crypto";
import { z } from "zod";
import { rfc3339 } from "../crds/rfc3339.ts";
import { ByteBudget } from "./byte-budget.ts";
import { runsDhcpDaemon } from "./cross-checks/dhcp-daemon.ts";
import type { PodFacts } from "./outcome/outcome.ts";
import type { SandboxFailure } from "./outcome/sandbox-failure.ts";
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

/** What is known of a pod that asks for networks. Pods of one workload share what was read of their request. */
export interface PodView {
  uid: string;
  phase: string;
  node: string;
  hostNetwork: boolean;
  hasAddress: boolean;
  /** It is being deleted: its addresses may be given to others already. */
  terminating: boolean;
  /** The annotation; empty if it is not read. */
  asked: string;
  request: ParsedNetworks;
  /** What Multus reported, in short; see `statusOf`. Absent where it reported nothing. */
  reported?: string | Problem;
  /** Multus wrote it, by the field manager; see `statusWrites`. */
  verified?: true;
  /** Milliseconds since 1970 at which the networks were attached, or a later moment by which they were. */
  attachedAt?: number;
  /** It runs the dhcp plugin's daemon. */
  dhcpDaemon?: true;
}

/** A pod that asks for more than these, of which Multus would make an interface each, is evaluated by the first. */
const MAX_REQUESTS = 64;
/**
 * Characters of a request, or of what Multus reported, that are read: ten times what 64 networks need. What is read is
 * kept whole: a part of a status would show interfaces as missing, and addresses that no pod has.
 */
const MAX_REQUEST = 16_384;
export const MAX_REPORTED = 65_536;
/** Bytes that requests take before they are forgotten: pods that have them go on having them. */
const MAX_CACHED_BYTES = 4 * 1024 * 1024;
/** Up to here a pod's texts count as part of the pod; what is longer is bounded by namespace. */
const SMALL = 1024;
/** Of all pods' long texts. */
const MAX_LONG_BYTES = { total: 32 * 1024 * 1024, perNamespace: 4 * 1024 * 1024 };
/** How much larger a request is once it is read. */
const READ_FACTOR = 8;

/** Not diagnosis/pod-schema.ts: of 100,000 pods, containers stay unparsed unless they show a time, and one that is odd loses no pod. */
const pod = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
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

/** Makes views of pods. One instance for one store: it holds the requests that pods share, and knows how much the pods hold. */
export class PodViews {
  readonly #requests = new Map<string, ParsedNetworks>();
  readonly #budget = new ByteBudget(MAX_LONG_BYTES);
  #cachedBytes = 0;

  /** Undefined for a pod that asks for no network and runs no dhcp daemon. Throws a ZodError if the object is not a pod. */
  view(object: unknown): PodView | undefined {
    const dhcpDaemon = isDhcpDaemon(object);
    const { annotations, namespace, name } =
      (object as { metadata?: Partial<z.input<typeof pod>["metadata"]> }).metadata ?? {};
    if (!annotations?.[NETWORKS] && !dhcpDaemon) {
      this.forget(`${namespace}/${name}`);
      return undefined;
    }
    const { metadata, spec, status } = pod.parse(object);
    const asked = metadata.annotations[NETWORKS] ?? "";
    const reported = reportedBy(metadata.annotations);
    const fits = this.#holds(`${metadata.namespace}/${metadata.name}`, asked, reported);
    const writes = statusWrites(metadata);
    const attachedAt = attachmentTime(writes, [...status.initContainerStatuses, ...status.containerStatuses]);
    return {
      uid: metadata.uid,
      phase: status.phase,
      node: spec.nodeName,
      hostNetwork: spec.hostNetwork,
      hasAddress: status.podIP !== "",
      terminating: metadata.deletionTimestamp !== undefined,
      ...this.#asked(fits, asked, metadata.namespace),
      ...(reported === undefined ? {} : { reported: fits ? reported : NAMESPACE_FULL }),
      ...(reported !== undefined && writes.verified ? { verified: true as const } : {}),
      ...(reported === undefined || attachedAt === undefined ? {} : { attachedAt }),
      ...(dhcpDaemon ? { dhcpDaemon } : {}),
    };
  }

  /** The pod, by "namespace/name", is gone: others may hold what it held. */
  forget(pod: string): void {
    this.#budget.release(pod);
  }

  /** Whether a pod's texts may be kept. Those of ordinary length always are, and are not counted. */
  #holds(pod: string, asked: string, reported: string | Problem | undefined): boolean {
    const bytes =
      (asked.length > MAX_REQUEST ? 0 : asked.length) * READ_FACTOR +
      (typeof reported === "string" ? Buffer.byteLength(reported) : 0);
    if (bytes > SMALL * READ_FACTOR) return this.#budget.hold(pod, bytes);
    this.#budget.release(pod);
    return true;
  }

  #asked(fits: boolean, asked: string, namespace: string): Pick<PodView, "asked" | "request"> {
    if (!fits) return { asked: "", request: { ok: false, problem: NAMESPACE_FULL } };
    if (asked.length > MAX_REQUEST) return { asked: "", request: { ok: false, problem: REQUEST_TOO_LARGE } };
    return { asked, request: this.request(asked, namespace) };
  }

  /** What an annotation asks for. The pods of one workload carry the same, and it is read once. */
  request(annotation: string, namespace: string): ParsedNetworks {
    const text = `${namespace} ${annotation}`;
    const key = text.length <= 128 ? text : createHash("sha256").update(text).digest("base64");
    const known = this.#requests.get(key);
    if (known) return known;
    const parsed = parseNetworks(annotation, namespace);
    const kept: ParsedNetworks = parsed.ok
      ? { ok: true, requests: parsed.requests.slice(0, MAX_REQUESTS) }
      : parsed;
    const bytes = annotation.length * READ_FACTOR + key.length + ENTRY_OVERHEAD;
    this.#cachedBytes += bytes;
    if (this.#cachedBytes > MAX_CACHED_BYTES) {
      this.#requests.clear();
      this.#cachedBytes = bytes;
    }
    this.#requests.set(key, kept);
    return kept;
  }
}

/** Of an entry of a map, bytes. */
const ENTRY_OVERHEAD = 256;

const REQUEST_TOO_LARGE: Problem = {
  code: "TOO_LARGE",
  message: `is longer than ${MAX_REQUEST} characters, and the operator does not read it`,
};
const STATUS_TOO_LARGE: Problem = {
  code: "TOO_LARGE",
  message: `is longer than ${MAX_REPORTED} characters, and the operator does not read it`,
};
const NAMESPACE_FULL: Problem = {
  code: "TOO_LARGE",
  message: "is not read, because the texts of its namespace together are larger than the operator keeps",
};

/** Why a request is not read. */
export const UNREAD: readonly Problem[] = [REQUEST_TOO_LARGE, NAMESPACE_FULL];

function reportedBy(annotations: Readonly<Record<string, string>>): string | Problem | undefined {
  const text = networkStatusOf(annotations);
  if (text === undefined) return undefined;
  return text.length > MAX_REPORTED ? STATUS_TOO_LARGE : shortened(parseNetworkStatus(text));
}

/** Neither is in a name, an interface or an address that can be used; what has one is cut there. */
const FIELD = "\t";
const ENTRY = "\n";
const NONE: readonly string[] = [];

/**
 * One string for all interfaces but the pod's own: as objects they would take three times the memory. It is no longer
 * than the annotation.
 */
function shortened(status: ParsedNetworkStatus): string | Problem {
  if (!status.ok) return status.problem;
  return status.entries
    .filter((entry) => !entry.default)
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

/** What outcomes are evaluated by. */
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

/**
 * The API server names a client's writes after its program unless the client names itself: the thin plugin is `multus`
 * (pkg/k8sclient of v3.4.2 and v4.3.0 sets no user agent), the thick one's daemon `multus-daemon`. Both use UpdateStatus.
 */
const MULTUS_MANAGERS = ["multus", "multus-daemon"];
const write = z.object({
  manager: z.string().default(""),
  subresource: z.string().default(""),
  time: z.string().default(""),
  fieldsV1: z.object({ "f:metadata": z.object({ "f:annotations": z.record(z.string(), z.unknown()) }) }),
});

interface StatusWrites {
  /** Multus wrote it. */
  verified: boolean;
  /** RFC 3339; of each writer, when it last changed something. */
  times: readonly string[];
}

/**
 * Who wrote the status annotation that counts, by the pod's managed fields: only Multus, if it is among the writers. Whoever
 * may patch pods/status can take its name, too; whoever may only create and edit pods writes no status subresource.
 */
function statusWrites({ annotations, managedFields }: z.output<typeof pod>["metadata"]): StatusWrites {
  const name = NETWORK_STATUS in annotations ? NETWORK_STATUS : NETWORKS_STATUS;
  const writes = managedFields.flatMap((field) => {
    const { data } = write.safeParse(field);
    return data && `f:${name}` in data.fieldsV1["f:metadata"]["f:annotations"] ? [data] : [];
  });
  const byMultus = writes.filter(
    ({ manager, subresource }) => subresource === "status" && MULTUS_MANAGERS.includes(manager),
  );
  const verified = byMultus.length > 0;
  const times = (verified ? byMultus : writes).map(({ time }) => time);
  return { verified, times: times.filter((time) => time !== "") };
}

const started = z.object({
  state: z.object({ running: z.object({ startedAt: z.string() }) }),
});

/** When the status was last written; else when its first container started, which was later. */
function attachmentTime({ times }: StatusWrites, containers: readonly unknown[]): number | undefined {
  const starts = containers.flatMap((container) => {
    const { data } = started.safeParse(container);
    return data ? [data.state.running.startedAt] : [];
  });
  const time = times.toSorted().at(-1) ?? starts.toSorted()[0];
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? undefined : at;
}
