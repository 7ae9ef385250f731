import { decodeGo, flag, integer, list, type Problem, struct, text } from "./go-json.ts";

/** The annotation by which Multus says what a pod got. */
export const NETWORK_STATUS = "k8s.v1.cni.cncf.io/network-status";
/** Its name in Multus before 3.6, which writes both. */
export const NETWORKS_STATUS = "k8s.v1.cni.cncf.io/networks-status";
/** Both names. */
export const STATUS_ANNOTATIONS = [NETWORK_STATUS, NETWORKS_STATUS] as const;

/** One interface that Multus reports. */
export interface NetworkStatusEntry {
  /** "namespace/name" of the NAD; v3 has no namespace, and the cluster's own network has its CNI name. */
  name: string;
  interface?: string;
  /** Without a prefix length. */
  ips: readonly string[];
  mac?: string;
  mtu?: number;
  /** The pod's own network, not one it asked for. */
  default: boolean;
  /** Multus writes the text "<nil>" for a route without a gateway: left out here. */
  gateway: readonly string[];
  dns?: {
    nameservers?: readonly string[];
    domain?: string;
    search?: readonly string[];
    options?: readonly string[];
  };
  /** pci, vhost-user, memif or vdpa. */
  deviceType?: string;
  /** The PCI address or the device that it stands for. */
  device?: string;
}

export type ParsedNetworkStatus =
  | { ok: true; entries: NetworkStatusEntry[] }
  | { ok: false; problem: Problem };

/** A struct of texts. */
const texts = <K extends string>(...names: K[]) =>
  struct<Record<K, string>>(
    Object.fromEntries(names.map((name) => [name, text])) as Record<K, typeof text>,
    "pointer",
  );

/** v1.NetworkStatus of network-attachment-definition-client 1.7.6. */
const status = struct({
  name: text,
  interface: text,
  ips: list(text),
  mac: text,
  mtu: integer,
  default: flag,
  dns: struct({ nameservers: list(text), domain: text, search: list(text), options: list(text) }),
  "device-info": struct(
    {
      type: text,
      version: text,
      pci: texts("pci-address", "vhost-net", "rdma-device", "pf-pci-address", "representor-device"),
      vdpa: texts("parent-device", "driver", "path", "pci-address", "pf-pci-address", "representor-device"),
      "vhost-user": texts("mode", "path"),
      memif: texts("role", "path", "mode"),
    },
    "pointer",
  ),
  gateway: list(text),
});
type Status = NonNullable<ReturnType<typeof status>>;

/** The value of the pod's status annotation, under either name; undefined where the pod has none. */
export function networkStatusOf(annotations: Readonly<Record<string, string>>): string | undefined {
  return annotations[NETWORK_STATUS] ?? annotations[NETWORKS_STATUS];
}

/** No pod has as many interfaces. */
const MAX_ENTRIES = 4096;

/** Reads the annotation as Multus' own client does (utils.GetNetworkStatus). Never throws. */
export function parseNetworkStatus(annotation: string): ParsedNetworkStatus {
  const decoded = decodeGo(annotation, list(status, MAX_ENTRIES));
  if (!decoded.ok) return decoded;
  return { ok: true, entries: (decoded.value ?? []).map((fields) => entryOf(fields ?? {})) };
}

/** Of 100,000 pods: what an entry does not have costs nothing. */
function entryOf(fields: Status): NetworkStatusEntry {
  const { interface: device, mac, mtu, "device-info": info } = fields;
  const entry: NetworkStatusEntry = {
    name: fields.name ?? "",
    ips: wordsOf(fields.ips),
    default: fields.default === true,
    gateway: fields.gateway ? wordsOf(fields.gateway).filter((gateway) => gateway !== "<nil>") : [],
  };
  if (device) entry.interface = device;
  if (mac) entry.mac = mac;
  if (mtu) entry.mtu = mtu;
  const dns = fields.dns && dnsOf(fields.dns);
  if (dns) entry.dns = dns;
  if (info?.type) entry.deviceType = info.type;
  const deviceId = info && deviceOf(info);
  if (deviceId) entry.device = deviceId;
  return entry;
}

/** Undefined if it sets nothing: Multus writes `{}` then. */
function dnsOf(fields: NonNullable<Status["dns"]>): NetworkStatusEntry["dns"] {
  if (Object.keys(fields).length === 0) return undefined;
  const lists = (["nameservers", "search", "options"] as const)
    .map((key) => [key, wordsOf(fields[key])] as const)
    .filter(([, values]) => values.length > 0);
  const dns = { ...Object.fromEntries(lists), ...(fields.domain ? { domain: fields.domain } : {}) };
  return Object.keys(dns).length > 0 ? dns : undefined;
}

function deviceOf(info: NonNullable<Status["device-info"]>): string | undefined {
  return (
    info.pci?.["pci-address"] ||
    info.vdpa?.["pci-address"] ||
    info.vdpa?.path ||
    info["vhost-user"]?.path ||
    info.memif?.path
  );
}

function wordsOf(values: readonly (string | undefined)[] = []): string[] {
  return values.map((word) => word ?? "");
}
