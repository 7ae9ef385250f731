import { formatAddress, parseAddress, unmapped } from "../../cni/address.ts";
import { wireOf } from "../cross-checks/layer2.ts";
import type { Network } from "../cross-checks/network.ts";

/** Plugins whose interfaces share a wire that leads out of the node. */
const SHARED_WIRE = ["macvlan", "ipvlan", "vlan", "host-device", "sriov", "ovs", "bond"];
/** Plugins whose wire ends in the node, as far as the configuration shows. */
const WITHIN_NODE = ["bridge", "cnv-bridge"];

export interface Duplicate {
  /** An IP or hardware address. */
  address: string;
  pods: string[];
}

/** The pods of a report's duplicate, for people: those of other namespaces are counted. */
export function namedPods(pods: readonly string[], others = 0): string[] {
  return [...pods, ...(others > 0 ? [`${others} ${others === 1 ? "pod" : "pods"} of other namespaces`] : [])];
}

/** A layer-2 network as the configuration names it: networks of equal text share it. */
export interface Layer2 {
  name: string;
  /** A bridge of one name is another one on each node. */
  perNode: boolean;
  /** ipvlan gives every pod the master's hardware address. */
  ownHardwareAddresses: boolean;
}

/** Undefined if the network is none, or if that is not known. */
export function layer2Of(network: Network): Layer2 | undefined {
  const plugin = network.plugins[0];
  if (!plugin) return undefined;
  const perNode = WITHIN_NODE.includes(plugin.type);
  if (!perNode && !SHARED_WIRE.includes(plugin.type)) return undefined;
  const { namespace, name } = network.nad;
  return {
    name: wireOf(network, plugin) ?? `NAD ${namespace}/${name}`,
    perNode,
    ownHardwareAddresses: plugin.type !== "ipvlan",
  };
}

/** What of a pod's addresses must be its own on the wire: "node address", the node empty where all nodes are on it. */
export function claimsOn(
  { perNode, ownHardwareAddresses }: Layer2,
  node: string,
  ips: readonly string[],
  mac: string | undefined,
): string[] {
  const where = perNode ? `${node} ` : " ";
  return [...ips.map(uniform), ...(mac && ownHardwareAddresses ? [mac.toLowerCase()] : [])].map(
    (own) => where + own,
  );
}

/** IPv6 has many notations of one address; IPv4 has one, and most addresses are IPv4. */
function uniform(ip: string): string {
  if (!ip.includes(":")) return ip;
  const parsed = parseAddress(ip);
  if (!parsed) return ip;
  const { family, value } = unmapped(parsed);
  return formatAddress(family, value);
}
