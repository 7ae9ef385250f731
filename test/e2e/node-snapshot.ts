import type { OpenNode } from "../cluster/open-cluster.ts";

/** Where Multus and its installers write on a node, and others too. */
const SHARED = ["/etc/cni/net.d", "/opt/cni/bin"];
/** Where nobody else writes; the empty directories may stay. */
const OWN = ["/run/multus", "/var/lib/cni/multus", "/etc/cni/multus", "/run/k8s.cni.cncf.io"];

/** Names, kinds, modes, owners, targets of links and contents of all in CNI's two directories, of each node. */
export async function snapshots(nodes: readonly OpenNode[]): Promise<string[]> {
  // A quarter of the time of sha256sum where the CPU has instructions for it, which only openssl uses.
  const script = `find ${SHARED.join(" ")} -printf '%p %y %m %U:%G %l\\n' | sort
sum=sha256sum; command -v openssl > /dev/null && sum="openssl dgst -sha256 -r"
find ${SHARED.join(" ")} -type f -exec $sum {} + | sort`;
  return await Promise.all(nodes.map((node) => node.exec("sh", "-c", script)));
}

/** What is left in Multus' own directories: paths of all but directories. */
export async function leftBehind(node: OpenNode): Promise<string[]> {
  const script = `find ${OWN.join(" ")} ! -type d 2>/dev/null; true`;
  return (await node.exec("sh", "-c", script)).split("\n").filter(Boolean);
}
