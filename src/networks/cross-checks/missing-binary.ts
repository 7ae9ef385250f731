import { formatPath, show } from "../../cni/finding.ts";
import { listed } from "../../crds/listed.ts";
import { installedBy } from "../installed-by.ts";
import type { Network } from "./network.ts";
import {
  type ClusterView,
  type CrossFinding,
  inspectedNodes,
  lackingByName,
  MAX_NAMED,
  ofNodes,
} from "./view.ts";

/** A plugin whose program is not in a node's plugin directory: every attachment there fails ("failed to find plugin"). */
export function missingBinary(networks: readonly Network[], view: ClusterView): CrossFinding[] {
  const inspected = inspectedNodes(view, "binaries").map(({ name, seen }) => ({
    name,
    seen: seen.map((binary) => binary.name),
  }));
  if (inspected.length === 0) return [];
  const nodesWithout = lackingByName(inspected);
  return networks.flatMap(({ nad, plugins }) => {
    const needed = new Map<string, string>();
    for (const { type, fields, ipam } of plugins) {
      if (!needed.has(type)) needed.set(type, formatPath(fields.at("type")));
      if (ipam && !needed.has(ipam.type)) needed.set(ipam.type, formatPath(ipam.fields.at("type")));
    }
    return [...needed].flatMap(([type, path]): CrossFinding[] => {
      const without = nodesWithout(type);
      // A path is rejected by the checker.
      if (without.length === 0 || type.includes("/")) return [];
      const { isAll, ...nodes } = ofNodes(without, inspected.length);
      const field = installedBy(type);
      const fix = field === undefined ? "" : `. ${field} installs it, and its status shows if that fails`;
      return [
        {
          namespace: nad.namespace,
          name: nad.name,
          path,
          code: "PLUGIN_MISSING_ON_NODE",
          message: isAll
            ? `is ${show(type)}, a plugin whose program is on no node (${inspected.length} inspected)${fix}`
            : `is ${show(type)}, a plugin whose program is missing on ${without.length} of ${inspected.length} nodes: ${listed(without, MAX_NAMED)}${fix}`,
          ...nodes,
        },
      ];
    });
  });
}
