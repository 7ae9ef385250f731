import { wireOf } from "./cross-checks/layer2.ts";
import type { Network } from "./cross-checks/network.ts";

/** Plugins whose interfaces share a wire that leads out of the node. */
const SHARED_WIRE = ["macvlan", "ipvlan", "vlan", "host-device", "sriov", "ovs", "bond"];
/** Plugins whose wire ends in the node, as far as the configuration tells. */
const WITHIN_NODE = ["bridge", "cnv-bridge"];

/** What a pod has in one network. */
export interface Claim {
  /** "namespace/name". */
  pod: string;
  node: string;
  ips: readonly string[];
  mac?: string | undefined;
}

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

/** Undefined where the network is none, or where that cannot be told. */
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

/** Addresses that several pods of one layer-2 network have, by address. */
export function duplicatesOn(layer2: Layer2, claims: Iterable<Claim>): Duplicate[] {
  const owners = new Map<string, string | Set<string>>();
  for (const { pod, node, ips, mac } of claims) {
    const where = layer2.perNode ? `${node} ` : " ";
    for (const ip of ips) own(owners, where + ip, pod);
    if (mac && layer2.ownHardwareAddresses) own(owners, where + mac.toLowerCase(), pod);
  }
  const found: Duplicate[] = [];
  for (const [key, pods] of owners)
    if (pods instanceof Set)
      found.push({ address: key.slice(key.indexOf(" ") + 1), pods: [...pods].toSorted() });
  return found.toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

/** Most addresses have one owner, for which no set is made. */
function own(owners: Map<string, string | Set<string>>, key: string, pod: string): void {
  const owner = owners.get(key);
  if (owner === undefined) owners.set(key, pod);
  else if (owner instanceof Set) owner.add(pod);
  else if (owner !== pod) owners.set(key, new Set([owner, pod]));
}
