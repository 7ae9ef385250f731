import { type CodeMeaning, code } from "./code.ts";

/** What a pod or pod template requests. In the order of the codes. */
export const PODS: readonly CodeMeaning[] = [
  code(
    "BAD_BANDWIDTH",
    "a limit that the NAD's plugin bandwidth rejects: the pod does not start",
    "Set rate and burst together, or neither",
  ),
  code("BAD_GUID", "infiniband-guid is not a GUID", "Write eight bytes with colons"),
  code(
    "BAD_INTERFACE",
    "not a valid name of an interface, or before v4.1.0 not allowed in the short form",
    "Use 1 to 15 bytes without / or : or white space, and before v4.1.0 the JSON form",
  ),
  code(
    "BAD_IP",
    "a value in ips is not an address, or has no prefix length although the NAD's IPAM requires one",
    "Write an address such as 192.168.1.5/24",
  ),
  code(
    "BAD_JSON",
    "the annotation looks like JSON but is not valid JSON",
    "Check the position in the message",
  ),
  code(
    "BAD_MAC",
    "mac is not a MAC address, or not one that is valid for an interface",
    "Use six bytes such as 02:00:00:00:00:01, with an even first byte and not all 0",
  ),
  code(
    "BAD_NAME",
    "not a valid name of a NAD, or not allowed in the short form",
    'Correct it; a name with a dot requires the JSON form, [{"name": "a.b"}], in which the namespace is a separate field',
  ),
  code(
    "BAD_PORT",
    "a port mapping that the NAD's plugin portmap rejects, so that the pod does not start, or drops",
    "Set hostPort, containerPort and protocol of each; hostIP must be an address",
  ),
  code("BAD_VALUE", "a field of another type than Multus reads", "See the message"),
  code(
    "DEFAULT_NETWORK_INTERFACE",
    "the default network of the pod would not be eth0, where containerd looks for the pod's address",
    "Remove the interface",
  ),
  code(
    "DEFAULT_NETWORK_NAMESPACE",
    "the default network has no namespace, and only the pod's namespace has a NAD with this name, but Multus searches its own namespace",
    "Write namespace/name",
  ),
  code(
    "DEFAULT_NETWORK_WITHOUT_ADDRESS",
    "the default network of the pod has no IPAM: Multus attaches it, and the kubelet recreates the pod's sandbox again and again, because it has no address",
    "Add an ipam to the NAD, or request it in k8s.v1.cni.cncf.io/networks",
  ),
  code(
    "DUPLICATE_INTERFACE",
    "two networks request the same interface, or one requests eth0",
    "Use another name: a@net1,b@net2",
  ),
  code(
    "FORBIDDEN_NETWORK",
    "namespace isolation is enabled, and the NAD is in another namespace",
    "Copy the NAD into the pod's namespace, or add the NAD's namespace to isolation.globalNamespaces",
  ),
  code(
    "IGNORED",
    "the annotation, or a part of it, has no effect there",
    "A pod with hostNetwork gets no additional networks; ports and bandwidth are for additional networks only; on a workload, move the annotation to the template's metadata",
  ),
  code(
    "MISSING_CAPABILITY",
    "the pod requests addresses, a MAC address, ports, bandwidth or a device, but no plugin of the NAD supports this through a capability or otherwise: Multus silently drops the request",
    'Add it to the plugin: "capabilities": {"ips": true}',
  ),
  code(
    "MISSING_DEVICE",
    "the pod requests more networks with a device than its containers request devices",
    "Request the resource in a container, unless a webhook adds the request",
  ),
  code(
    "MISSING_IPS",
    "the NAD's IPAM assigns only addresses that pods request, and the pod requests none",
    'Add "ips" to the request: [{"name": "…", "ips": ["192.168.1.5/24"]}]',
  ),
  code(
    "MISSING_NAME",
    "a network without a name: Multus finds no NAD, and the pod does not start",
    "Add the name, or remove the comma",
  ),
  code(
    "MISSING_NETWORK",
    "the pod requests a NAD that the cluster does not have (kubectl multus check only: a file may name a NAD that exists elsewhere)",
    "Create it, or correct the name or the namespace",
  ),
  code("NULL_ELEMENT", "null in the list of networks: Multus crashes on it", "Remove it"),
  code(
    "OUTSIDE_SUBNET",
    "the address that the pod requests is in no range of the NAD, or it is the gateway",
    "Request an address in a range",
  ),
  code(
    "PRIMARY_PLUGIN",
    "the NAD's plugin attaches a pod only once, as its primary network",
    "Name it in v1.multus-cni.io/default-network",
  ),
  code(
    "SECOND_DEFAULT_ROUTE",
    "more than one gateway per address family in default-route, over all networks of the pod: Multus rejects it, and the pod does not start; of a default network alone, v4.2.2 and later set the first",
    "Request the default route from one network only",
  ),
  code(
    "SHARED_ADDRESS",
    "a template with several pods requests fixed addresses",
    "Let the IPAM allocate the addresses, or create one workload per pod",
  ),
  code("TOO_DEEP", "the JSON is nested too deeply", "Flatten it"),
  code(
    "TOO_MANY",
    "more networks than one pod can have",
    "Request fewer; one is enough for the default network",
  ),
  code(
    "UNKNOWN_FIELD",
    "not an annotation that Multus reads, but similar to one; or not a key of a request",
    "Use the spelling in the message",
  ),
  code("WRONG_TYPE", "an annotation that is not a string", "Put the value in quotes"),
];
