import { assignsNoAddress, type Network, placeOf } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

/**
 * A primary network from which pods get no address: Multus attaches it (CmdAdd), containerd then finds no address on eth0
 * (setupPodNetwork), and with any runtime the kubelet recreates the sandbox of such a pod (PodSandboxChanged).
 */
export function clusterNetwork(networks: readonly Network[], { install }: ClusterView): CrossFinding[] {
  if (install?.clusterNetwork === undefined) return [];
  return networks
    .filter(({ nad }) => `${nad.namespace}/${nad.name}` === install.clusterNetwork)
    .filter(assignsNoAddress)
    .map(({ nad: { namespace, name }, plugins: [first] }) => ({
      namespace,
      name,
      path: first ? placeOf(first.fields, "ipam") : "",
      severity: "error",
      code: "DEFAULT_NETWORK_WITHOUT_ADDRESS",
      message:
        "needs an ipam, because the MultusInstall names this network in spec.daemon.clusterNetwork: no pod starts without an address of its primary network",
    }));
}
