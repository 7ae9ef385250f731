import { partsOf } from "../../crds/namespaced-name.ts";
/** Why a pod did not get its networks: what `explain` ends in. Stable, for scripts. */
export const CAUSES = {
  ATTACHED: "The pod has the networks that it requested.",
  NO_REQUEST: "The pod requests no network.",
  MISSPELLED_ANNOTATION: "The annotation has a name that Multus does not read.",
  ANNOTATION_ON_OWNER: "The annotation is on the workload itself, not on its pod template.",
  HOST_NETWORK: "The pod uses the node's network; Multus is not called for it.",
  ENDED: "The pod has finished, and its networks are gone.",
  BAD_REQUEST: "The annotation cannot be read.",
  REQUEST_REJECTED: "The network cannot provide what the pod requests.",
  MISSING_NETWORK: "The annotation names a NAD that does not exist.",
  ISOLATION: "Namespace isolation forbids the NAD of another namespace.",
  BAD_CONFIG: "The configuration in the NAD is rejected.",
  UNSCHEDULED: "The pod is not scheduled to a node yet.",
  NO_MULTUS_INSTALL: "The cluster has no MultusInstall, and no Multus runs on the pod's node.",
  NO_MULTUS_ON_NODE: "Multus does not run on the pod's node.",
  NODE_UNREACHABLE: "The pod's node does not respond, and the state of the pod's networks is not known.",
  NODE_UNHEALTHY: "The MultusInstall reports what is wrong with Multus on the pod's node.",
  STARTED_BEFORE_MULTUS: "The pod started before Multus was ready on its node.",
  BYPASSED: "The pod's sandbox was created without Multus.",
  DAEMON_UNREACHABLE: "The Multus daemon on the node does not answer.",
  NETNS_NOT_VISIBLE: "The Multus daemon does not see the network namespaces of the node's pods.",
  MISSING_BINARY: "The node lacks the program of a plugin.",
  PLUGIN_NOT_RUNNABLE: "The node cannot run the program of a plugin.",
  CNI_VERSION: "A CNI version is later than Multus or a plugin on the node supports.",
  MISSING_MASTER: "The node lacks the interface that the network builds on.",
  DEVICE_BUSY: "The interface that the network builds on has another use.",
  INTERFACE_TAKEN: "The pod already has an interface with that name.",
  NO_KERNEL_SUPPORT: "The node's kernel does not support the device type.",
  NO_DEVICE: "The pod got no device for the network.",
  NO_DHCP_DAEMON: "The daemon of the dhcp plugin does not run on the node.",
  NO_DHCP_LEASE: "The daemon of the dhcp plugin got no lease from a DHCP server.",
  RANGE_USED_UP: "The network's range has no free address.",
  ADDRESS_TAKEN: "The address that the pod requests is not available.",
  API_UNREACHABLE: "Multus or a plugin on the node cannot reach the API server.",
  TOKEN_EXPIRED: "The API server does not accept Multus' credentials on the node.",
  NO_PERMISSION: "The API server does not permit Multus, or a plugin on the node, what it requests.",
  NO_KUBECONFIG: "Multus on the node cannot read its own kubeconfig.",
  PLUGIN_CREDENTIALS: "The API server does not accept the credentials of a plugin on the node.",
  DAEMON_NOT_READY: "The Multus daemon on the node does not answer the shim, or is of an earlier release.",
  KNOWN_DEFECT: "The installed Multus release has a known defect that causes this.",
  BRACKETED_ADDRESS:
    "Multus up to v4.2.2, built with Go 1.24.8, 1.25.2 or later, cannot read its own kubeconfig.",
  PLUGIN_ERROR: "A plugin failed for an unknown reason; its own message is shown.",
  PRIMARY_NETWORK: "The cluster's primary network, to which Multus delegates, fails.",
  NOT_MULTUS: "The sandbox cannot be created, for a reason other than Multus.",
  MISSING_CAPABILITY: "The pod requests something that no plugin of the NAD declares; it was dropped.",
  NO_CNI_VERSION: "The NAD's cniVersion is missing, or so old that Multus reports no interface.",
  NOT_REPORTED: "Multus reported no interface for a NAD.",
  NETWORK_GONE: "The pod keeps its networks, but a NAD that it requests no longer exists.",
  DUPLICATE_ADDRESS: "Another pod, or a machine in the network, has the same address.",
  NETWORK_CHANGED: "The NAD changed after the pod was attached.",
  STARTUP_TAINT: "Nodes accept no pods until Multus is ready on them.",
  MULTUS_CHANGING: "The pod waits while Multus is replaced on its node.",
  STARTING: "The pod is being set up.",
} as const;
export type CauseCode = keyof typeof CAUSES;

/** A cause with its sentence: what is wrong, and what to do. One line. */
export interface Cause {
  code: CauseCode;
  sentence: string;
}

/** A cause, of one line. */
export function cause(code: CauseCode, sentence: string): Cause {
  return { code, sentence };
}

/** "kubectl edit …" for a NAD, given as "namespace/name". */
export function editCommand(network: string): string {
  const { namespace, name } = partsOf(network);
  return `kubectl edit net-attach-def -n ${namespace} ${name}`;
}

/** What to do about a NAD that is at fault; undefined for a network whose NAD is not known. */
export function editHint(network: string | undefined): string {
  return network === undefined
    ? "Fix the network's configuration; the pod then starts automatically"
    : `Fix it with ${editCommand(network)}; the pod then starts automatically`;
}
