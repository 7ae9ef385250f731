import { existsSync } from "node:fs";
import { execute } from "./execute.ts";

/** The networks of one cluster. The slot, 0–15, keeps those of several clusters on one machine apart. */
export interface ClusterNetwork {
  slot: number;
  /** Bridge of the machine to which every node's eth0 is tied; the API server listens on its address. */
  bridge: string;
  address: string;
  /** Bridge of the second network, to which every node's eth1 is tied: for macvlan. It has no address. */
  secondBridge: string;
}

export interface NodeNetwork {
  namespace: string;
  address: string;
  /** This node's part of the pods' network, 10.x.n.0/24. */
  podCidr: string;
  cluster: ClusterNetwork;
  /** The links' ends on the machine. */
  links: { first: string; second: string };
  service: { address: string; server: string };
  /** Where the other nodes' pods are. */
  peers: { podCidr: string; address: string }[];
}

export function clusterNetwork(slot: number): ClusterNetwork {
  return {
    slot,
    bridge: `mo${slot}br0`,
    address: `172.30.${slot}.1`,
    secondBridge: `mo${slot}br1`,
  };
}

/** @param number from 1 */
export function nodeNetwork(
  cluster: ClusterNetwork,
  number: number,
  all: number,
  service: { address: string; server: string },
): NodeNetwork {
  const address = (n: number) => `172.30.${cluster.slot}.${10 + n}`;
  const podCidr = (n: number) => `10.${100 + cluster.slot}.${n}.0/24`;
  const peers = Array.from({ length: all }, (_, index) => index + 1).filter((n) => n !== number);
  return {
    namespace: `mo${cluster.slot}-node-${number}`,
    address: address(number),
    podCidr: podCidr(number),
    cluster,
    links: { first: `mo${cluster.slot}n${number}a`, second: `mo${cluster.slot}n${number}b` },
    service,
    peers: peers.map((n) => ({ podCidr: podCidr(n), address: address(n) })),
  };
}

export async function addClusterNetwork(network: ClusterNetwork): Promise<void> {
  for (const bridge of [network.bridge, network.secondBridge]) {
    await ip("link", "add", bridge, "type", "bridge", "forward_delay", "0");
    await ip("link", "set", bridge, "up");
  }
  await ip("address", "add", `${network.address}/24`, "dev", network.bridge);
}

export async function removeClusterNetwork(network: ClusterNetwork): Promise<void> {
  for (const bridge of [network.bridge, network.secondBridge]) await removeLink(bridge);
}

export async function addNodeNetwork(node: NodeNetwork): Promise<void> {
  const { namespace, cluster, links } = node;
  await ip("netns", "add", namespace);
  for (const [link, name, bridge] of [
    [links.first, "eth0", cluster.bridge],
    [links.second, "eth1", cluster.secondBridge],
  ] as const) {
    await ip("link", "add", link, "type", "veth", "peer", "name", name, "netns", namespace);
    await ip("link", "set", link, "master", bridge, "up");
    await ip("-n", namespace, "link", "set", name, "up");
  }
  await ip("-n", namespace, "address", "add", `${node.address}/24`, "dev", "eth0");
  await ip("-n", namespace, "route", "add", "default", "via", cluster.address);
  await ip("route", "add", node.podCidr, "via", node.address);
  for (const peer of node.peers) await ip("-n", namespace, "route", "add", peer.podCidr, "via", peer.address);
  await execute("ip", ["netns", "exec", namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  // The one service that Multus and the operator need; kube-proxy would cost a process a node for it.
  for (const chain of ["PREROUTING", "OUTPUT"])
    await execute("ip", [
      "netns",
      "exec",
      namespace,
      "iptables",
      "-t",
      "nat",
      "-A",
      chain,
      "-d",
      node.service.address,
      "-p",
      "tcp",
      "--dport",
      "443",
      "-j",
      "DNAT",
      "--to-destination",
      node.service.server,
    ]);
}

/** Links and routes go with the namespace, once the last process in it has ended. */
export async function removeNodeNetwork(node: NodeNetwork): Promise<void> {
  for (const link of Object.values(node.links)) await removeLink(link);
  if (existsSync(`/run/netns/${node.namespace}`)) await ip("netns", "delete", node.namespace);
}

async function removeLink(name: string): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) await ip("link", "delete", name);
}

async function ip(...args: string[]): Promise<void> {
  await execute("ip", args);
}
