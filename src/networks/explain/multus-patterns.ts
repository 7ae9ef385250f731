import { show } from "../../cni/finding.ts";
import type { FailurePattern } from "./failure-pattern.ts";
import { nameOf } from "./failure-place.ts";

export const THEN_STARTS = "the pod then starts automatically";

/** How the API server denies a request (RBAC), whoever sent it. */
const DENIED = /\bis forbidden: User \\?"([^"\\]+)\\?" cannot (\S+) resource \\?"([^"\\]+)/;

/**
 * What Multus itself reports before it calls a plugin and afterwards: cmdErr of pkg/multus and what it wraps, in the words
 * of all releases from 3.4 to 4.3. They come before patterns that match a part of them.
 */
export const MULTUS_PATTERNS: readonly FailurePattern[] = [
  {
    // Up to 3.7 Multus does not name the file.
    code: "PRIMARY_NETWORK",
    matches: /waiting for readinessindicatorfile(?: @ (\S+?)\. pollimmediate error)?/i,
    sentence: ([file = ""], { node }) =>
      `the cluster's primary network is not ready on ${node}: Multus waited in vain for the file ${file === "" ? "that its configuration names as readinessIndicatorFile" : `${file} (readinessIndicatorFile in its configuration)`}, which spec.primaryNetwork.readinessFile of the MultusInstall sets. Check the pods of that network (Calico, Flannel, …) on ${node}, and that the Multus pod mounts the directory of the file; ${THEN_STARTS}`,
  },
  {
    // From 3.6 on GetDefaultNetworks wraps what getNetDelegate found.
    code: "PRIMARY_NETWORK",
    matches:
      /failed to get clusterNetwork (?:(\S+) in namespace)|failed to get clusterNetwork\/defaultNetworks: (?:getNetDelegate: cannot find network: (\S+)|stat (\S+): no such file)/,
    sentence: (found, { node }) =>
      `Multus on ${node} cannot read the network ${show(found.find((name) => name !== "") ?? "")}, which its configuration names for every pod (clusterNetwork or defaultNetworks): it must be a NetworkAttachmentDefinition in the namespace of Multus, or a valid file on ${node}. Create it, or fix the name in the MultusInstall; ${THEN_STARTS}`,
  },
  {
    // Before 3.7.2 Multus ignores an annotation that it cannot read, and the pod starts without its networks.
    code: "BAD_REQUEST",
    matches: /parsePodNetworkObjectName: Failed to parse: .*mismatch @ '([^']*)'/,
    sentence: ([item = ""], { node, pod }) =>
      `Multus on ${node} cannot read the annotation of ${pod}: ${show(item)} must have only lowercase letters, digits and -, and must not begin or end with -. Before v4.1.0, this is also required of interfaces in the short form: use the JSON form for them, or another name, in the pod's template`,
  },
  {
    code: "BAD_REQUEST",
    matches: /parsePodNetwork(?:Annotation|ObjectName): (.*)|failed to parse (?:CIDR|IP address) \\?"(.*)/,
    when: ({ inPlugin }) => !inPlugin,
    sentence: ([words = "", address = ""], { node, pod }) =>
      `Multus on ${node} cannot read the annotation of ${pod}: ${words || `it has the address ${show(address.replace(/\\?".*/, ""))}`}. Fix it in the pod's template`,
  },
  {
    code: "REQUEST_REJECTED",
    matches: /multus does not support ECMP for default-route/,
    sentence: (_, { node, pod }) =>
      `${pod} requests more than one gateway of an address family in "default-route", and Multus on ${node} sets one default route per family, over all networks and the default network of the pod: keep one IPv4 and one IPv6 gateway in the annotations of the pod's template`,
  },
  {
    // Before 4.2.2; later releases keep the first route.
    code: "REQUEST_REJECTED",
    matches: /error setting default gateway: file exists/,
    sentence: (_, { node, pod }) =>
      `${pod} already has a default route when Multus on ${node} sets the one of "default-route": keep one gateway of each address family in the annotations of the pod's template`,
  },
  {
    // ENETUNREACH for IPv4, EHOSTUNREACH and EINVAL for IPv6.
    code: "REQUEST_REJECTED",
    matches: /error setting default gateway: (network is unreachable|no route to host|invalid argument)/,
    sentence: ([error = ""], place) =>
      `the gateway ${(place.request?.defaultRoute ?? []).join(", ") || `in "default-route"`} that ${place.pod} requests of ${nameOf(place)} is not in the subnet of an address that the pod has there (${error}): name a gateway of that subnet in the pod's template, or give the network addresses of the gateway's subnet`,
  },
  {
    code: "NO_DEVICE",
    matches:
      /(?:failed to get a ResourceClient instance|failed to get resourceMap from ResourceClient): (.*)/,
    sentence: ([words = ""], place) =>
      `Multus on ${place.node} cannot find out which devices ${place.pod} got for ${nameOf(place)}: ${words}. It asks the kubelet through /var/lib/kubelet/pod-resources/kubelet.sock, or reads /var/lib/kubelet/device-plugins: check that the kubelet runs, and that the Multus pod mounts both; the NAD is not at fault`,
  },
  {
    // The informer of the daemon lags behind the API server, or the kubelet behind both (GetPod).
    code: "STARTING",
    matches:
      /expected pod (?:\S+ )?UID \\?"\S* but got \\?"\S* from Kube API|(?:getting|waiting for) pod[^:]*: pods? \\?"[^"\\]*\\?" not found/,
    sentence: (_, { node, pod }) =>
      `when the kubelet tried last, Multus on ${node} did not see ${pod} yet, but no pod or an earlier one of this name: it starts with the kubelet's next attempt, within a few minutes`,
  },
  {
    code: "NO_PERMISSION",
    matches: DENIED,
    when: ({ inPlugin }) => inPlugin,
    sentence: ([user = "", verb = "", resource = ""], place) =>
      `the API server does not permit a plugin of ${nameOf(place)} to ${verb} ${resource}: ${show(user)}, the account of that plugin on ${place.node}, needs a ClusterRole for it, which the plugin's own manifest has; the NAD is not at fault`,
  },
  {
    code: "NO_PERMISSION",
    matches: DENIED,
    sentence: ([user = "", verb = "", resource = ""], { node }) =>
      `the API server does not permit Multus on ${node} to ${verb} ${resource} (${show(user)}): the ClusterRole or the ClusterRoleBinding of Multus is missing or was changed. The operator restores its own: check kubectl multus status; the NAD is not at fault`,
  },
  {
    code: "NO_KUBECONFIG",
    matches:
      /failed to get context for the kubeconfig (\S+): (.*(?:no such file or directory|permission denied|no configuration has been provided).*)/,
    sentence: ([file = "", error = ""], { node }) =>
      `Multus on ${node} cannot read its own kubeconfig ${file} (${error}): the Multus pod writes it at its start, so restart the Multus pod on ${node}, and check in kubectl multus logs --node ${node} that it is written to the directory that Multus reads; the NAD is not at fault`,
  },
];
