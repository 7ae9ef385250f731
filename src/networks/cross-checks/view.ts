import type { NodeInspection } from "../../crds/node-inspection.ts";

/** What the checks across objects look at: plain data, so that they are functions of it. */
export interface ClusterView {
  nads: readonly SeenNetwork[];
  nodes: readonly SeenNode[];
  /** The Multus that runs; undefined if no MultusInstall tells. */
  install?: SeenInstall | undefined;
  /** Findings go to whoever reads the NAD's namespace: NADs of others are counted, not named. */
  hidesOtherNamespaces?: boolean;
  /** Names of nodes on which a pod runs the dhcp daemon (runsDhcpDaemon); undefined where pods are not seen. */
  dhcpNodes?: ReadonlySet<string> | undefined;
}

export interface SeenInstall {
  version: string;
  /** "namespace/name" of the NAD that is the primary network of every pod; undefined if that is no NAD. */
  clusterNetwork?: string | undefined;
}

export interface SeenNetwork {
  namespace: string;
  name: string;
  /** spec.config; empty if it is too large. */
  config: string;
  /** Why the configuration is not read, such as "is longer than 65536 bytes". */
  tooLarge?: string | undefined;
  /** The annotation k8s.v1.cni.cncf.io/resourceName. */
  resourceName?: string | undefined;
}

export type SeenInspection = Pick<NodeInspection, "binaries" | "interfaces" | "truncated">;

export interface SeenNode {
  name: string;
  /** status.allocatable: quantities by the resource's name. */
  allocatable: Readonly<Record<string, string>>;
  /** What an inspection of the node showed (crds/node-inspection.ts); undefined if it was not inspected yet. */
  inspection?: SeenInspection | undefined;
}

/** What is wrong or doubtful of one NAD in this cluster. */
export interface CrossFinding {
  namespace: string;
  name: string;
  /** In the configuration; empty for the whole. */
  path: string;
  /** error: the network works on no node that was seen. warning: on some it does not, or it surprises. */
  severity: "error" | "warning";
  code: string;
  /** One line, what is wrong of the path. */
  message: string;
  /** The nodes that it concerns, at most NODES_NAMED. */
  nodes?: readonly string[];
}

export const NODES_NAMED = 20;

/** Findings of one NAD: a cluster of a thousand bad NADs is reported with fewer. */
export const MAX_PER_NAD = 20;

/** How many nodes, or networks, a message names. */
export const MAX_NAMED = 5;

/** What a finding shows of the nodes that it concerns: an error if these are all that were inspected. */
export function ofNodes(
  names: readonly string[],
  inspected: number,
): Required<Pick<CrossFinding, "severity" | "nodes">> & { isAll: boolean } {
  const isAll = names.length === inspected;
  return { isAll, severity: isAll ? "error" : "warning", nodes: names.slice(0, NODES_NAMED) };
}

/** The nodes of which a list of the inspection is known whole, with it. */
export function inspectedNodes<T extends "binaries" | "interfaces">(
  { nodes }: ClusterView,
  list: T,
): { name: string; seen: SeenInspection[T] }[] {
  return nodes.flatMap(({ name, inspection }) =>
    inspection && !inspection.truncated.includes(list) ? [{ name, seen: inspection[list] }] : [],
  );
}

/**
 * Which of these nodes lack what has a name. Tenants choose the names: one that no node has is answered without a look at
 * every node, and the others, of which there are few, are looked for once.
 */
export function lackingByName(
  nodes: readonly { name: string; seen: readonly string[] }[],
): (name: string) => readonly string[] {
  const all = nodes.map(({ name }) => name);
  const sets = nodes.map(({ name, seen }) => ({ name, seen: new Set(seen) }));
  const existing = new Set(nodes.flatMap(({ seen }) => seen));
  const known = new Map<string, readonly string[]>();
  return (name) => {
    if (!existing.has(name)) return all;
    const lacking = known.get(name) ?? sets.filter(({ seen }) => !seen.has(name)).map((node) => node.name);
    known.set(name, lacking);
    return lacking;
  };
}
