import { show } from "../../cni/finding.ts";
import type { Network } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

/** The NAD's annotation resourceName asks a device plugin for a device; a resource that no node offers leaves every pod without. */
export function devicePlugin(networks: readonly Network[], { nodes }: ClusterView): CrossFinding[] {
  if (nodes.length === 0) return [];
  return networks.flatMap(({ nad }): CrossFinding[] => {
    const { resourceName } = nad;
    if (!resourceName) return [];
    const amounts = nodes.map(({ allocatable }) =>
      Object.hasOwn(allocatable, resourceName) ? allocatable[resourceName] : undefined,
    );
    if (amounts.some((amount) => amount !== undefined && amount !== "0")) return [];
    const message = amounts.some((amount) => amount !== undefined)
      ? `requests ${show(resourceName)}: its device plugin runs, but has no device on any node`
      : `requests ${show(resourceName)}, but no node offers it: no device plugin for this resource runs`;
    return [
      {
        namespace: nad.namespace,
        name: nad.name,
        path: 'metadata.annotations["k8s.v1.cni.cncf.io/resourceName"]',
        severity: "error",
        code: "RESOURCE_NOT_OFFERED",
        message,
      },
    ];
  });
}
