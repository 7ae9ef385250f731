import { bridgeGateways } from "./bridge-gateways.ts";
import { clusterNetwork } from "./cluster-network.ts";
import { cniVersion } from "./cni-version.ts";
import { devicePlugin } from "./device-plugin.ts";
import { dhcpDaemon } from "./dhcp-daemon.ts";
import { knownDefects } from "./known-defects.ts";
import { missingBinary } from "./missing-binary.ts";
import { missingMaster } from "./missing-master.ts";
import { type Network, readNetwork } from "./network.ts";
import { oneMaster } from "./one-master.ts";
import { overlappingRanges } from "./overlapping-ranges.ts";
import { rangePerNode } from "./range-per-node.ts";
import { type ClusterView, type CrossFinding, MAX_PER_NAD } from "./view.ts";

/**
 * What no NAD shows by itself: whether the nodes have what it needs, and whether NADs get into each other's
 * way. Says nothing where the view does not show it (a node not inspected, no install). At most 20 findings a
 * NAD, in the order of the NADs.
 * @param networks the NADs of the view as `readNetwork` reads them
 */
export function crossChecks(
  view: ClusterView,
  networks: readonly Network[] = view.nads.map(readNetwork),
): CrossFinding[] {
  const findings = [
    clusterNetwork(networks, view),
    missingBinary(networks, view),
    missingMaster(networks, view),
    devicePlugin(networks, view),
    dhcpDaemon(networks, view),
    cniVersion(networks, view),
    knownDefects(networks, view),
    overlappingRanges(networks, view),
    oneMaster(networks, view),
    bridgeGateways(networks, view),
    rangePerNode(networks, view),
  ].flat();
  const byNad = Map.groupBy(findings, ({ namespace, name }) => `${namespace}/${name}`);
  return view.nads.flatMap(({ namespace, name }) =>
    (byNad.get(`${namespace}/${name}`) ?? []).slice(0, MAX_PER_NAD),
  );
}
