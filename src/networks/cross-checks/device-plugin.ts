import { show } from "../../cni/finding.ts";
import type { Network } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

/**
 * The NAD's annotation resourceName asks for a device. A device plugin's are listed as allocatable on its nodes, with none of
 * them every pod is left without. Those of a DRA driver are not listed there: Multus finds them by the pod's resource claims.
 */
export function devicePlugin(networks: readonly Network[], { nodes }: ClusterView): CrossFinding[] {
  if (nodes.length === 0) return [];
  return networks.flatMap(({ nad }): CrossFinding[] => {
    const { resourceName } = nad;
    if (!resourceName) return [];
    const amounts = nodes.map(({ allocatable }) =>
      Object.hasOwn(allocatable, resourceName) ? allocatable[resourceName] : undefined,
    );
    if (amounts.some((amount) => amount !== undefined && amount !== "0")) return [];
    const isListed = amounts.some((amount) => amount !== undefined);
    return [
      {
        namespace: nad.namespace,
        name: nad.name,
        path: 'metadata.annotations["k8s.v1.cni.cncf.io/resourceName"]',
        severity: isListed ? "error" : "warning",
        code: "RESOURCE_NOT_OFFERED",
        message: isListed
          ? `requests ${show(resourceName)}: its device plugin runs, but has no device on any node`
          : `requests ${show(resourceName)}, but no node offers it: no device plugin for this resource runs, and only a resource claim of a DRA driver can provide it`,
      },
    ];
  });
}
