import { existsSync } from "node:fs";
import { waitUntil } from "./daemon.ts";
import { execute } from "./execute.ts";
import { ADDRESSING, familyOf, type IpFamily } from "./ip-families.ts";

/** Nodes are numbered from 1 to this. Every node has routes to all of them, so that one may join later. */
export const MAX_NODES = 9;

/** The networks of one cluster. The slot, 0–15, keeps those of several clusters on one machine apart. */
export interface ClusterNetwork {
  slot: number;
  ipFamilies: readonly IpFamily[];
  /** Bridge of the machine to which every node's eth0 is tied; it has an address of each family. */
  bridge: string;
  /** That of the first family; the API server listens on it. */
  address: string;
  /** Bridge of the second network, to which every node's eth1 is tied: for macvlan. It has no address. */
  secondBridge: string;
}

export interface NodeNetwork {
  namespace: string;
  /** One of each family. */
  addresses: string[];
  /**
   * The first five bytes of its interfaces' hardware addresses (locally administered). As those of a machine
   * they outlive a loss of power: others would send to the old one until their neighbour entry expires.
   */
  hardwareAddress: string;
  /** This node's part of the pods' network, one of each family. */
  podCidrs: string[];
  cluster: ClusterNetwork;
  /** The links' ends on the machine. */
  links: { first: string; second: string };
  /** Where the other nodes' pods are, or will be. */
  peers: { podCidr: string; address: string }[];
}

/** The API server: its address inside of the cluster, and address:port where it really listens. */
export interface Service {
  address: string;
  server: string;
}

export function clusterNetwork(slot: number, ipFamilies: readonly IpFamily[] = ["IPv4"]): ClusterNetwork {
  return {
    slot,
    ipFamilies,
    bridge: `mo${slot}br0`,
    address: ADDRESSING[ipFamilies[0] ?? "IPv4"].machine(slot),
    secondBridge: `mo${slot}br1`,
  };
}

/** @param number from 1 to MAX_NODES */
export function nodeNetwork(cluster: ClusterNetwork, number: number): NodeNetwork {
  const ofEach = (n: number) =>
    cluster.ipFamilies.map((family) => ({
      podCidr: ADDRESSING[family].pods(cluster.slot, n),
      address: ADDRESSING[family].node(cluster.slot, n),
    }));
  const own = ofEach(number);
  return {
    namespace: `mo${cluster.slot}-node-${number}`,
    addresses: own.map(({ address }) => address),
    hardwareAddress: `02:6d:6f:${byte(cluster.slot)}:${byte(number)}`,
    podCidrs: own.map(({ podCidr }) => podCidr),
    cluster,
    links: { first: `mo${cluster.slot}n${number}a`, second: `mo${cluster.slot}n${number}b` },
    peers: nodeNumbers()
      .filter((n) => n !== number)
      .flatMap(ofEach),
  };
}

function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

export function nodeNumbers(): number[] {
  return Array.from({ length: MAX_NODES }, (_, index) => index + 1);
}

export async function addClusterNetwork(network: ClusterNetwork): Promise<void> {
  const { bridge, secondBridge } = network;
  await ip([
    `link add ${bridge} type bridge forward_delay 0`,
    `link set ${bridge} up`,
    ...network.ipFamilies.map((family) =>
      addAddress(family, ADDRESSING[family].machine(network.slot), bridge),
    ),
    `link add ${secondBridge} type bridge forward_delay 0`,
    `link set ${secondBridge} up`,
  ]);
}

/** The first bridge goes last: while it is there, nobody takes the slot. */
export async function removeClusterNetwork(network: ClusterNetwork): Promise<void> {
  for (const bridge of [network.secondBridge, network.bridge]) await removeLink(bridge);
}

export async function addNodeNetwork(node: NodeNetwork, service: Service): Promise<void> {
  const { namespace, cluster, links } = node;
  await ip([
    `netns add ${namespace}`,
    `link add ${links.first} type veth peer name eth0 netns ${namespace}`,
    `link set ${links.first} master ${cluster.bridge} up`,
    `link add ${links.second} type veth peer name eth1 netns ${namespace}`,
    `link set ${links.second} master ${cluster.secondBridge} up`,
  ]);
  await ip(
    [
      "link set lo up",
      `link set eth0 address ${node.hardwareAddress}:00 up`,
      `link set eth1 address ${node.hardwareAddress}:01 up`,
      ...node.addresses.map((address) => addAddress(familyOf(address), address, "eth0")),
      ...cluster.ipFamilies.map(
        (family) => `route add default via ${ADDRESSING[family].machine(cluster.slot)}`,
      ),
      ...node.peers.map((peer) => `route add ${peer.podCidr} via ${peer.address}`),
    ],
    namespace,
  );
  // The route of a node that lost power is still there.
  await ip(node.podCidrs.map((podCidr, index) => `route replace ${podCidr} via ${node.addresses[index]}`));
  const forwarding = cluster.ipFamilies.map((family) => `${ADDRESSING[family].forwarding}=1`);
  await inNamespace(namespace, "sysctl", "-qw", ...forwarding);
  // The API server is the one service that Multus and the operator use, and kube-proxy, which a cluster may
  // have besides, would cost a process and 60 MB a node for this one rule.
  for (const chain of ["PREROUTING", "OUTPUT"]) {
    const match = ["-d", service.address, "-p", "tcp", "--dport", "443"];
    const action = ["-j", "DNAT", "--to-destination", service.server];
    const { iptables } = ADDRESSING[familyOf(service.address)];
    await inNamespace(namespace, iptables, "-t", "nat", "-A", chain, ...match, ...action);
  }
}

function addAddress(family: IpFamily, address: string, device: string): string {
  const { prefix, addressFlags } = ADDRESSING[family];
  return `address add ${address}/${prefix} dev ${device} ${addressFlags}`;
}

/** Ends what still runs on the node's network; its links, routes and rules go with the namespace. */
export async function removeNodeNetwork(node: NodeNetwork): Promise<void> {
  const { namespace, links } = node;
  if (existsSync(`/run/netns/${namespace}`)) {
    await waitUntil(`the processes of ${namespace} to end`, async () => {
      const pids = (await execute("ip", ["netns", "pids", namespace])).split("\n").filter(Boolean);
      for (const pid of pids) kill(Number(pid));
      return pids.length === 0;
    });
    await ip([`netns delete ${namespace}`]);
  }
  for (const link of Object.values(links)) await removeLink(link);
}

async function removeLink(name: string): Promise<void> {
  if (!existsSync(`/sys/class/net/${name}`)) return;
  await ip([`link delete ${name}`]).catch((error: unknown) => {
    // A veth goes by itself when the kernel has taken down the namespace of its other end.
    if (existsSync(`/sys/class/net/${name}`)) throw error;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Several ip(8) commands in one process; throws at the first that fails. */
async function ip(commands: string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ["-n", namespace];
  await execute("ip", [...where, "-batch", "-"], { input: `${commands.join("\n")}\n` });
}

async function inNamespace(namespace: string, ...command: string[]): Promise<void> {
  await execute("ip", ["netns", "exec", namespace, ...command]);
}
