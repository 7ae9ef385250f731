import { type CodeMeaning, code } from "./code.ts";

/** The configuration in a NAD, its plugins and their IPAM. In the order of the codes. */
export const NETWORK_CONFIGURATIONS: readonly CodeMeaning[] = [
  code(
    "ADDRESSES_PER_NODE",
    "host-local keeps its leases per node, and the plugin's interfaces share a layer-2 network with other nodes: two pods can get the same address",
    "Use whereabouts, or a NAD with a separate range per node. With a single node it cannot happen",
  ),
  code(
    "BAD_ADDRESS",
    "not an IP address",
    "Write an address without leading zeros and without a prefix length",
  ),
  code(
    "BAD_CIDR",
    "not a network, or not an address with a prefix length",
    "Write a network such as 192.168.1.0/24",
  ),
  code(
    "BAD_INTERFACE_NAME",
    "the kernel does not accept an interface with this name",
    "Use 1 to 15 characters without / or : or white space",
  ),
  code(
    "BAD_IP",
    "the IPAM requires a prefix length for each address that a pod requests",
    "Write an address such as 192.168.1.5/24",
  ),
  code(
    "BAD_JSON",
    "the configuration is not valid JSON for Go's parser",
    "Check the position in the finding for an extra comma, a missing quote or a comment",
  ),
  code(
    "BAD_MAC",
    "not a MAC address, or not one that is valid for an interface",
    "Use six bytes such as 02:00:00:00:00:01, with an even first byte and not all 0",
  ),
  code(
    "BAD_NAME",
    "the network's name has characters that libcni rejects",
    "Begin with a letter or digit, followed by letters, digits, _ . and -. Without a name, the NAD's name is used",
  ),
  code(
    "BAD_OPTION",
    "the dhcp plugin does not know this DHCP option",
    "Use a number from 0 to 255, or one of the names in the message",
  ),
  code("BAD_SYSCTL", "tuning sets only sysctls of a network namespace", "Use names that begin with net."),
  code("BAD_VERSION", "not a version", "Write a version such as 1.0.0"),
  code(
    "CONTRADICTION",
    "two fields exclude or require each other",
    "Remove one or add the other, as described in the message",
  ),
  code(
    "DEFAULT_ROUTE",
    "the pod gets a second default route, in addition to that of its primary network",
    "Remove the route, unless it is intended: the last one is used",
  ),
  code(
    "DUPLICATE_ADDRESS",
    "the static IPAM has a duplicate address, and the kernel rejects the second",
    "Remove one",
  ),
  code("DUPLICATE_KEY", "a JSON object has a key twice; the last one applies", "Remove one"),
  code(
    "DUPLICATE_ROUTE",
    "a route is a duplicate, and the kernel rejects the second",
    "Remove one, or set another priority. isDefaultGateway adds its own default route",
  ),
  code(
    "EMPTY_RANGE",
    "a range without an address to allocate",
    "Widen it: the gateway's address is never allocated",
  ),
  code("EMPTY_RANGE_SET", "a set of ranges without a range", "Add a range, or remove the set"),
  code(
    "GATEWAY_HANDED_OUT",
    "whereabouts does not exclude the gateway: a pod can get its address",
    "Exclude it, as the message shows, or start the range after it",
  ),
  code(
    "HOST_BITS",
    "an address instead of a network",
    "Write the network's address: 10.1.0.0/24, not 10.1.0.5/24",
  ),
  code(
    "HOST_PATH",
    "the NAD names a path of the node, which the plugin reads or writes as root",
    "Remove the field, or set it in the plugin's own configuration on the nodes. Allow it only to users who may be root on the nodes",
  ),
  code("IGNORED", "the field has no effect here", "Remove it, move it, or add what the message names"),
  code(
    "IPAM_WITHOUT_TYPE",
    "ipam has no type, so the interface gets no address",
    "Add the type; for a layer-2 network, remove ipam or write {}",
  ),
  code(
    "MISSING_CAPABILITY",
    "the plugin works only with values that pods request, and no capability passes them",
    'Add it to "capabilities"',
  ),
  code(
    "MISSING_CNI_VERSION",
    "without cniVersion, version 0.1.0 is assumed: Multus reports no interface in network-status and, for a list, up to v4.3.0 does not release the address at DEL",
    'Add "cniVersion": "1.0.0" to the configuration; in a list next to "plugins", not inside a plugin',
  ),
  code(
    "MISSING_DEVICE",
    "the plugin requires a device, and nothing requests one",
    "Annotate the NAD with k8s.v1.cni.cncf.io/resourceName",
  ),
  code("MISSING_FIELD", "a required field is missing", "Add it"),
  code("MISSING_IPAM", "the plugin does not work without addresses", 'Add "ipam" with a "type"'),
  code(
    "MISSING_IPS",
    "the IPAM assigns only addresses that pods request, and the pod requests none",
    'Add "ips" to the pod\'s request, or "addresses" to the IPAM',
  ),
  code(
    "MIXED_FAMILIES",
    "IPv4 and IPv6 in one set of ranges",
    "Put them into separate sets: [[{IPv4}], [{IPv6}]]",
  ),
  code(
    "NOT_CHAINED",
    "the plugin works on the result of a previous plugin, and no suitable one comes before it",
    'Put it after one, in a list "plugins"',
  ),
  code("NOT_ONE_OF", "a value that the plugin does not know", "Use one of the values in the message"),
  code("OUTSIDE_SUBNET", "an address that is not in its subnet", "Use an address in the subnet"),
  code("OUT_OF_RANGE", "a number that is out of bounds", "Use a number within the bounds in the message"),
  code(
    "OVERLAP",
    "two ranges of one network overlap",
    "Separate them; a subnet next to ranges is a range too",
  ),
  code("PATH_IN_TYPE", "a path instead of a program's name (CVE-2021-20206)", "Use the name only"),
  code("REVERSED_RANGE", "a range that ends before it begins", "Swap the two addresses"),
  code(
    "SECOND_INTERFACE",
    "two plugins in one list create the pod's interface, and the second fails because the name is in use",
    "Use one NAD per plugin",
  ),
  code(
    "TOO_LARGE",
    "the configuration has more than 65,536 bytes or 4,096 values, those of its namespace have more than 2 MiB together, or those of the cluster more than 24 MiB; the operator does not read it, and its report states nothing else",
    "Remove what no plugin reads. A network with ten plugins has about 3 KiB",
  ),
  code(
    "TOO_MANY_IPS",
    "host-local accepts only one requested address: Multus passes all of them in one argument",
    "Request one, or use another IPAM",
  ),
  code("TOO_SMALL", "a network without usable addresses", "Use /30 or larger, for IPv6 /126 or larger"),
  code(
    "UNKNOWN_FIELD",
    "not a field that the plugin reads, but similar to one",
    "Use the spelling in the message",
  ),
  code(
    "UNKNOWN_IPAM",
    "not a known IPAM plugin, but similar to one",
    "Use the spelling in the message, or ignore the warning: other plugins exist",
  ),
  code(
    "UNKNOWN_PLUGIN",
    "not a known plugin, but similar to one; or an IPAM plugin, which creates no interface",
    "Use the spelling in the message, or ignore the warning: other plugins exist",
  ),
  code(
    "UNREACHABLE_GATEWAY",
    "the kernel rejects a route over this gateway",
    "Use a gateway in the network's subnet that is not its broadcast address",
  ),
  code(
    "VERSION_TOO_LOW",
    "the cniVersion is too low for the plugin or for its settings",
    "Use 0.4.0 or 1.0.0",
  ),
  code(
    "WRONG_TYPE",
    "a JSON value of another type than the plugin reads",
    "Write numbers and true without quotes, and strings with quotes, as described in the message",
  ),
];
