import { type CodeMeaning, code } from "./code.ts";

/** A NAD together with other NADs and the nodes of a cluster. In the order of the codes. */
export const NETWORKS_IN_A_CLUSTER: readonly CodeMeaning[] = [
  code("ADDRESSES_PER_NODE", "as above, with the number of nodes that the cluster has", "As above"),
  code(
    "BRIDGE_GATEWAYS",
    "two NADs set different gateways on one bridge: on one node, the plugin rejects pods of the second NAD",
    "Use one bridge per NAD, or the same gateway",
  ),
  code(
    "CNI_VERSION_TOO_NEW",
    "Multus runs the plugin and does not support its result",
    "Set an earlier cniVersion, or install a later Multus release",
  ),
  code(
    "DEFAULT_NETWORK_WITHOUT_ADDRESS",
    "spec.daemon.clusterNetwork of the MultusInstall names a NAD without an IPAM: no pod gets an address, and none starts",
    "Add an ipam to the NAD, or name another network",
  ),
  code(
    "DHCP_DAEMON_MISSING",
    "the dhcp IPAM requires a daemon on the pod's node, and no pod runs it there",
    "Run the dhcp plugin's daemon on every node",
  ),
  code(
    "KNOWN_DEFECT",
    "the Multus release has a defect that affects the network ([known defects](known-defects.md))",
    "See the message: change the NAD, or install a later Multus release",
  ),
  code(
    "MASTER_BUSY",
    "a macvlan and an ipvlan network share a master: on one node, only one of the two can use it",
    "Use the same plugin for both, or another interface",
  ),
  code(
    "MASTER_MISSING_ON_NODE",
    "nodes do not have the interface that the network uses as master",
    "Correct the name, or schedule the pods to nodes that have it",
  ),
  code(
    "PLUGIN_MISSING_ON_NODE",
    "nodes do not have the plugin's program",
    "Install it into the nodes' plugin directory",
  ),
  code(
    "PLUGIN_TOO_OLD_ON_NODE",
    "the plugin's program on the nodes is older than the NAD's cniVersion, and rejects it",
    "Set an earlier cniVersion, or install later plugins on those nodes",
  ),
  code(
    "RANGES_OVERLAP",
    "two NADs allocate the same addresses in one layer-2 network, each with its own leases",
    "Separate the ranges, or give both configurations the same name",
  ),
  code(
    "RESOURCE_NOT_OFFERED",
    "no node offers the resource of k8s.v1.cni.cncf.io/resourceName",
    "Install or fix the device plugin, or correct the name; no action if pods get the device by a resource claim (DRA)",
  ),
];
