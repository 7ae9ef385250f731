import { show } from "../../cni/finding.ts";
import { isObject } from "../../cni/section.ts";
import { closest } from "../../crds/suggestion.ts";

/**
 * The keys that Multus reads in an element of the JSON form (types.NetworkSelectionElement), and the one of the multi-network
 * standard that it leaves to the network's own plugin, which reads the annotation itself (OVN-Kubernetes).
 */
const KEYS = [
  "name",
  "namespace",
  "ips",
  "mac",
  "infiniband-guid",
  "interface",
  "interfaceRequest",
  "portMappings",
  "bandwidth",
  "deviceID",
  "cni-args",
  "default-route",
  "ipam-claim-reference",
];
/** Words for what Multus calls otherwise. */
const MEANT: Readonly<Record<string, string>> = {
  gateway: "default-route",
  gateways: "default-route",
  ip: "ips",
  ipaddress: "ips",
  macaddress: "mac",
  args: "cni-args",
  cniargs: "cni-args",
  ifname: "interface",
};
const MOST = 8;

/** A key that Multus passes over, and the one that was probably meant. */
export interface UnknownKey {
  key: string;
  /** A sentence that begins with the key. */
  message: string;
}

/** The keys of a request that Multus does not read, each once. Empty for the short form and for what is not valid. */
export function unknownKeys(annotation: string): UnknownKey[] {
  if (!/[[{"]/.test(annotation)) return [];
  let value: unknown;
  try {
    value = JSON.parse(annotation);
  } catch {
    return [];
  }
  const items = Array.isArray(value) ? value.slice(0, 64) : [];
  const known = new Set(KEYS.map((key) => key.toLowerCase()));
  const keys = new Set(items.filter(isObject).flatMap((item) => Object.keys(item)));
  return [...keys]
    .filter((key) => !known.has(key.toLowerCase()))
    .slice(0, MOST)
    .map((key) => {
      const meant = MEANT[key.toLowerCase().replace(/[-_]/g, "")] ?? closest(key, KEYS);
      return {
        key,
        message: `has the key ${show(key)}, which Multus does not read${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
      };
    });
}
