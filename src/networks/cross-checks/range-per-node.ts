import { SHARED_WIRE } from "../../cni/ipam/host-local.ts";
import { hostLocalRanges } from "../../cni/ipam/host-local-range.ts";
import { type Network, placeOf } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

/**
 * host-local keeps its leases on the node, so that each of several nodes on one wire hands out the range from
 * its start: the same address twice. With one node it cannot happen. (The checker warns in general, with the same code.)
 */
export function rangePerNode(networks: readonly Network[], { nodes }: ClusterView): CrossFinding[] {
  if (nodes.length < 2) return [];
  return networks.flatMap(({ nad, plugins }) =>
    plugins.flatMap(({ type, ipam }): CrossFinding[] => {
      if (ipam?.type !== "host-local" || !SHARED_WIRE.includes(type)) return [];
      if (hostLocalRanges(ipam.fields).length === 0) return [];
      return [
        {
          namespace: nad.namespace,
          name: nad.name,
          path: placeOf(ipam.fields, "type"),
          severity: "warning",
          code: "ADDRESSES_PER_NODE",
          message: `allocates the same addresses on each of ${nodes.length} nodes, because it keeps its leases per node; use "whereabouts", or a NAD with a separate range per node`,
        },
      ];
    }),
  );
}
