import { parseAddress, parseCidr } from "../../cni/address.ts";
import { show } from "../../cni/finding.ts";
import { decodeGo, failed, integer, list, type Problem, parsed, rawValues, struct, text } from "./go-json.ts";

/** The pod annotation by which a pod asks for networks. */
export const NETWORKS = "k8s.v1.cni.cncf.io/networks";

/** One network that a pod asks for. Lists are absent where they are empty or not given. */
export interface NetworkRequest {
  /** The NAD's; the pod's own where the annotation names none. */
  namespace: string;
  /** Empty where the annotation has none: Multus then looks for a NAD without a name, and finds none. */
  name: string;
  interface?: string;
  /** With or without a prefix length. */
  ips?: readonly string[];
  mac?: string;
  infinibandGuid?: string;
  portMappings?: readonly PortMapping[];
  bandwidth?: Bandwidth;
  deviceId?: string;
  /** The CNI arguments: name → JSON text. */
  cniArgs?: ReadonlyMap<string, string>;
  /** Gateways; an empty list is kept: the network's own default route then is the pod's. */
  defaultRoute?: readonly string[];
  /** It takes the place of the cluster's own network (default-network.ts). */
  isDefault?: true;
}

export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol?: string;
  hostIp?: string;
}

/** Bits per second, and bits. */
export interface Bandwidth {
  ingressRate: number;
  ingressBurst: number;
  egressRate: number;
  egressBurst: number;
}

/** Multus reads any number; no pod can have as many interfaces. */
const MAX_REQUESTS = 4096;

/** What is wrong with a request, and of another annotation than `NETWORKS` its name. */
export interface RequestFault extends Problem {
  annotation?: string;
}

export type ParsedNetworks = { ok: true; requests: NetworkRequest[] } | { ok: false; problem: RequestFault };

const gateway = parsed((value) => value === "" || parseAddress(value) !== undefined, "an IP address");

/** types.NetworkSelectionElement of Multus 4.3.0. */
const selection = struct(
  {
    name: text,
    namespace: text,
    ips: list(text),
    mac: text,
    "infiniband-guid": text,
    interface: text,
    interfaceRequest: text,
    portMappings: list(
      struct({ hostPort: integer, containerPort: integer, protocol: text, hostIP: text }, "pointer"),
    ),
    bandwidth: struct(
      { ingressRate: integer, ingressBurst: integer, egressRate: integer, egressBurst: integer },
      "pointer",
    ),
    deviceID: text,
    "cni-args": rawValues,
    "default-route": list(gateway),
  },
  "pointer",
);
type Selection = NonNullable<ReturnType<typeof selection>>;

/**
 * Reads the annotation as Multus 4.3.0 does (pkg/k8sclient, parsePodNetworkAnnotation); what earlier releases
 * make of it is in request-checks/release.ts. Empty asks for nothing. Never throws. More than
 * 4,096 networks are rejected here though Multus would read them.
 */
export function parseNetworks(annotation: string, podNamespace: string): ParsedNetworks {
  if (annotation === "") return { ok: true, requests: [] };
  const read = /[[{"]/.test(annotation) ? readJson(annotation) : readShort(annotation);
  if (!read.ok) return read;
  for (const request of read.requests) {
    if (request.namespace === "") request.namespace = podNamespace;
    const problem = problemOf(request);
    if (problem) return { ok: false, problem };
  }
  return read;
}

/** What a request sets, and the capability that it needs. */
const NEEDS = [
  { field: "ips", capability: "ips" },
  { field: "mac", capability: "mac" },
  { field: "portMappings", capability: "portMappings" },
  { field: "bandwidth", capability: "bandwidth" },
  { field: "infinibandGuid", capability: "infinibandGUID" },
  { field: "deviceId", capability: "deviceID" },
] as const satisfies readonly { field: keyof NetworkRequest; capability: string }[];

/** The capabilities that some plugin of the NAD must declare, or what was asked for is dropped without a word (libcni, injectRuntimeConfig). */
export function capabilitiesOf(request: NetworkRequest): string[] {
  return NEEDS.filter(({ field }) => request[field] !== undefined).map(({ capability }) => capability);
}

function readJson(annotation: string): ParsedNetworks {
  const decoded = decodeGo(annotation, list(selection, MAX_REQUESTS));
  if (!decoded.ok) return decoded;
  const requests: NetworkRequest[] = [];
  for (const fields of decoded.value ?? []) {
    // Multus itself crashes on it, and the pod gets that crash as its error.
    if (!fields) return failed("NULL_ELEMENT", "contains null instead of a network");
    requests.push(requestOf(fields));
  }
  return { ok: true, requests };
}

function requestOf(fields: Selection): NetworkRequest {
  const { bandwidth } = fields;
  return withoutAbsent({
    namespace: fields.namespace ?? "",
    name: fields.name ?? "",
    interface: fields.interface || fields.interfaceRequest || undefined,
    ips: filled(fields.ips?.map((ip) => ip ?? "")),
    mac: fields.mac || undefined,
    infinibandGuid: fields["infiniband-guid"] || undefined,
    portMappings: filled(fields.portMappings?.map(portMappingOf)),
    bandwidth: bandwidth && {
      ingressRate: bandwidth.ingressRate ?? 0,
      ingressBurst: bandwidth.ingressBurst ?? 0,
      egressRate: bandwidth.egressRate ?? 0,
      egressBurst: bandwidth.egressBurst ?? 0,
    },
    deviceId: fields.deviceID || undefined,
    cniArgs: fields["cni-args"],
    defaultRoute: fields["default-route"]?.map((ip) => ip ?? ""),
  });
}

function portMappingOf(fields: NonNullable<Selection["portMappings"]>[number]): PortMapping {
  return withoutAbsent({
    hostPort: fields?.hostPort ?? 0,
    containerPort: fields?.containerPort ?? 0,
    protocol: fields?.protocol || undefined,
    hostIp: fields?.hostIP || undefined,
  });
}

/** What Go's strings.TrimSpace takes off; String.trim takes U+FEFF and leaves U+0085. */
const BLANK = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";
const EDGES = new RegExp(`^${BLANK}`);
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Linux' IFNAMSIZ without the closing 0, in bytes. */
const MAX_INTERFACE_LENGTH = 15;

function readShort(annotation: string): ParsedNetworks {
  const requests: NetworkRequest[] = [];
  const items = annotation.split(",", MAX_REQUESTS + 1);
  if (items.length > MAX_REQUESTS) return failed("TOO_MANY", `has more than ${MAX_REQUESTS} networks`);
  for (const item of items) {
    const read = readItem(trimmed(item));
    if ("code" in read) return { ok: false, problem: read };
    requests.push(read);
  }
  return { ok: true, requests };
}

/** `[namespace/]name[@interface]` (parsePodNetworkObjectName). */
function readItem(item: string): NetworkRequest | Problem {
  const slashes = item.split("/");
  if (slashes.length > 2) return problem("BAD_NAME", `has more than one "/" in ${show(item)}`);
  const namespace = slashes.length === 2 ? trimmed(slashes[0] ?? "") : "";
  const ats = (slashes.at(-1) ?? "").split("@");
  if (ats.length > 2) return problem("BAD_NAME", `has more than one "@" in ${show(item)}`);
  const name = trimmed(ats[0] ?? "");
  const device = trimmed(ats[1] ?? "");
  for (const word of [namespace, name])
    if (word !== "" && !LABEL.test(word))
      return problem(
        "BAD_NAME",
        `must name networks with lowercase letters, digits and - (it has ${show(word)}); a name with a dot requires the JSON form, [{"name": …}]`,
      );
  if (Buffer.byteLength(device) > MAX_INTERFACE_LENGTH || /[ \t\n\v\f\r/]/.test(device))
    return problem(
      "BAD_INTERFACE",
      `has an interface that is longer than ${MAX_INTERFACE_LENGTH} bytes or contains white space (${show(device)})`,
    );
  return { namespace, name, ...(device === "" ? {} : { interface: device }) };
}

function problemOf({ mac, infinibandGuid, ips = [] }: NetworkRequest): Problem | undefined {
  if (mac !== undefined && !isHardwareAddress(mac))
    return problem("BAD_MAC", `"mac" must be a MAC address such as 02:00:00:00:00:01 (it is ${show(mac)})`);
  if (infinibandGuid !== undefined && !isHardwareAddress(infinibandGuid))
    return problem(
      "BAD_GUID",
      `"infiniband-guid" must be eight bytes such as 00:11:22:33:44:55:66:77 (it is ${show(infinibandGuid)})`,
    );
  const bad = ips.find((ip) => (ip.includes("/") ? parseCidr(ip) : parseAddress(ip)) === undefined);
  if (bad !== undefined)
    return problem(
      "BAD_IP",
      `"ips" must contain addresses such as 192.168.1.5 or 192.168.1.5/24 (it has ${show(bad)})`,
    );
  return undefined;
}

/**
 * Go's net.ParseMAC: 6, 8 or 20 bytes, in pairs with : or -, or in fours with dots. Since Go 1.26 also without
 * separators: Multus' images up to v4.3.0 are built with Go 1.25 and reject it, others may take it, so that it is
 * doubtful (hasNoSeparators) and no fault.
 */
function isHardwareAddress(address: string): boolean {
  const length = address.length;
  if (/^[0-9a-fA-F]+$/.test(address)) return [12, 16, 40].includes(length);
  if (
    /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})+$/.test(address) ||
    /^[0-9a-fA-F]{2}(-[0-9a-fA-F]{2})+$/.test(address)
  )
    return [17, 23, 59].includes(length);
  return /^[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4})+$/.test(address) && [14, 19, 49].includes(length);
}

function trimmed(word: string): string {
  const start = EDGES.exec(word)?.[0].length ?? 0;
  let end = word.length;
  while (end > start && isBlank(word[end - 1] ?? "")) end--;
  return word.slice(start, end);
}

function isBlank(character: string): boolean {
  return EDGES.exec(character)?.[0] !== "";
}

function problem(code: string, message: string): Problem {
  return { code, message };
}

function filled<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items && items.length > 0 ? items : undefined;
}

type WithoutAbsent<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutAbsent<T extends object>(value: T): WithoutAbsent<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as WithoutAbsent<T>;
}

/** "namespace/name" of the NAD. */
export function keyOf({ namespace, name }: Pick<NetworkRequest, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}
