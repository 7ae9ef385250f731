import { binaries } from "./binaries.ts";
import { ADDRESSING, familyOf } from "./ip-families.ts";
import type { ClusterNode } from "./node.ts";

/** The plugins that a distribution's containernetworking-plugins package puts on a node. */
export const CNI_PLUGINS = [
  "bridge",
  "macvlan",
  "ptp",
  "host-device",
  "loopback",
  "host-local",
  "static",
  "portmap",
  "tuning",
  "ipvlan",
  "vlan",
];

export const PRIMARY_CONFLIST = "/etc/cni/net.d/10-bridge.conflist";

/**
 * What a distribution's CNI leaves on a node: plugins, and a conflist.
 * @param podCidrs the node's part of the pods' network, one of each family
 */
export async function installPrimaryNetwork(node: ClusterNode, podCidrs: readonly string[]): Promise<void> {
  await node.exec("cp", ...(await binaries(CNI_PLUGINS)), "/opt/cni/bin/");
  await node.writeFile(PRIMARY_CONFLIST, `${JSON.stringify(primaryConflist(podCidrs), null, 2)}\n`);
}

export function primaryConflist(podCidrs: readonly string[]): object {
  return {
    cniVersion: "0.3.1", // as Calico and Flannel write it; Multus 3.4 speaks nothing newer than 0.4.0
    name: "bridge-net",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          ranges: podCidrs.map((subnet) => [{ subnet }]),
          routes: podCidrs.map((subnet) => ({ dst: ADDRESSING[familyOf(subnet)].everything })),
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}
