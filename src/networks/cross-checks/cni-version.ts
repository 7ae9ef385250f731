import { CNI_VERSIONS, isAtLeast } from "../../cni/context.ts";
import { show } from "../../cni/finding.ts";
import { newestCniVersion } from "../../cni/spoken-version.ts";
import { listed } from "../../crds/listed.ts";
import type { Network } from "./network.ts";
import { type ClusterView, type CrossFinding, inspectedNodes, MAX_NAMED, ofNodes } from "./view.ts";

/** NADs of a later CNI version than the running Multus, or a plugin's program on a node, speaks. */
export function cniVersion(networks: readonly Network[], view: ClusterView): CrossFinding[] {
  const known = networks.filter(
    ({ plugins, cniVersion }) => plugins.length > 0 && CNI_VERSIONS.includes(cniVersion),
  );
  return [...known.flatMap((network) => ofMultus(network, view)), ...ofPrograms(known, view)];
}

type Concerned = Pick<CrossFinding, "severity" | "code" | "message" | "nodes">;

const finding = ({ nad }: Network, rest: Concerned) => ({
  namespace: nad.namespace,
  name: nad.name,
  path: "cniVersion",
  ...rest,
});

/** Multus runs the plugin, and cannot read what comes back. */
function ofMultus(network: Network, { install }: ClusterView): CrossFinding[] {
  const newest = install && newestCniVersion(install.version);
  const { cniVersion: version } = network;
  if (!newest || isAtLeast(newest, version)) return [];
  const message = `must be ${newest} or earlier: Multus ${install.version} does not support results of ${version}`;
  return [finding(network, { severity: "error", code: "CNI_VERSION_TOO_NEW", message })];
}

/** The program rejects the configuration ("incompatible CNI versions", cni/pkg/skel), with its IPAM's too. */
function ofPrograms(networks: readonly Network[], view: ClusterView): CrossFinding[] {
  const inspected = inspectedNodes(view, "binaries");
  // By program and newest version, of which there are few: the nodes are many, and so are the networks.
  const programs = new Map<string, Map<string, string[]>>();
  for (const { name: node, seen } of inspected)
    for (const { name, cniVersion: newest } of seen) {
      if (newest === undefined || !CNI_VERSIONS.includes(newest)) continue;
      const versions = programs.get(name) ?? new Map<string, string[]>();
      programs.set(name, versions);
      const nodes = versions.get(newest);
      if (nodes) nodes.push(node);
      else versions.set(newest, [node]);
    }
  const concerned = (type: string, version: string): Concerned | undefined => {
    const old = [...(programs.get(type) ?? [])]
      .filter(([newest]) => !isAtLeast(newest, version))
      .toSorted(([a], [b]) => CNI_VERSIONS.indexOf(a) - CNI_VERSIONS.indexOf(b));
    const [oldest] = old;
    if (!oldest) return undefined;
    const nodes = old.flatMap(([, built]) => built);
    const { isAll, ...named } = ofNodes(nodes, inspected.length);
    const where = isAll
      ? `all nodes (${nodes.length} inspected)`
      : `${nodes.length} of ${inspected.length} nodes: ${listed(nodes, MAX_NAMED)}`;
    const message = `must be ${oldest[0]} or earlier for the program ${show(type)} on ${where}`;
    return { code: "PLUGIN_TOO_OLD_ON_NODE", message, ...named };
  };
  // Once for each program on nodes and version of a NAD: tenants choose how many NADs and plugins there are.
  const known = new Map<string, Concerned | undefined>();
  return networks.flatMap((network) => {
    const types = network.plugins.flatMap(({ type, ipam }) => (ipam ? [type, ipam.type] : [type]));
    return [...new Set(types)].flatMap((type): CrossFinding[] => {
      if (!programs.has(type)) return [];
      const key = `${network.cniVersion} ${type}`;
      if (!known.has(key)) known.set(key, concerned(type, network.cniVersion));
      const found = known.get(key);
      return found ? [finding(network, found)] : [];
    });
  });
}
