/** What a finding's code means, and the way out. docs/reference/findings.md is made of it. */
export interface CodeMeaning {
  code: string;
  meaning: string;
  wayOut: string;
}

const code = (name: string, meaning: string, wayOut: string): CodeMeaning => ({
  code: name,
  meaning,
  wayOut,
});

/** Codes by what they are found in, each list in the order of the codes. */
export const CODES: Readonly<Record<string, readonly CodeMeaning[]>> = {
  "Network configurations (spec.config of a NetworkAttachmentDefinition)": [
    code(
      "ADDRESSES_PER_NODE",
      "host-local keeps its leases on each node, and the plugin's interfaces share a wire with other nodes: two pods get one address",
      "Use whereabouts, or a NAD with a range of its own for each node. On one node it cannot happen",
    ),
    code("BAD_ADDRESS", "not an IP address", "Write it without leading zeros and without a prefix length"),
    code("BAD_CIDR", "not a network, or not an address with a prefix length", "Write it as 192.168.1.0/24"),
    code(
      "BAD_INTERFACE_NAME",
      "the kernel takes no interface of this name",
      "1 to 15 characters, no / and :, no blanks",
    ),
    code(
      "BAD_IP",
      "the IPAM needs a prefix length with each address that a pod requests",
      "Write it as 192.168.1.5/24",
    ),
    code(
      "BAD_JSON",
      "the configuration is not JSON as Go reads it",
      "Look at the place that the finding names: a comma too many, a quote too few, a comment",
    ),
    code(
      "BAD_MAC",
      "not a hardware address, or not one that an interface can have",
      "Six bytes such as 02:00:00:00:00:01; the first is even, not all are 0",
    ),
    code(
      "BAD_NAME",
      "the network's name has characters that libcni refuses",
      "Begin with a letter or digit; then letters, digits, _ . and -. Left out, it is the NAD's name",
    ),
    code(
      "BAD_OPTION",
      "the dhcp plugin knows no such DHCP option",
      "A number from 0 to 255, or one of the names in the message",
    ),
    code("BAD_SYSCTL", "tuning sets only what a network namespace owns", "Names that begin with net."),
    code("BAD_VERSION", "not a version", "Write it as 1.0.0"),
    code(
      "CONTRADICTION",
      "two fields that exclude or need each other",
      "Take one away, or add the other, as the message says",
    ),
    code(
      "DEFAULT_ROUTE",
      "the pod gets a second default route, in addition to its primary network's",
      "Leave the route out, or mean it: the later one is taken",
    ),
    code(
      "DUPLICATE_ADDRESS",
      "the static IPAM has one address twice, and the kernel refuses the second",
      "Take one away",
    ),
    code("DUPLICATE_KEY", "a JSON key stands twice in one object; the last counts", "Take one away"),
    code(
      "DUPLICATE_ROUTE",
      "a route is there twice, and the kernel refuses the second",
      "Take one away, or give it another priority. isDefaultGateway makes a default route of its own",
    ),
    code(
      "EMPTY_RANGE",
      "a range without an address to give",
      "Widen it: the gateway's address is never handed out",
    ),
    code("EMPTY_RANGE_SET", "a set of ranges without a range", "Add one, or take the set away"),
    code(
      "GATEWAY_HANDED_OUT",
      "whereabouts does not leave out the gateway: a pod gets its address",
      "Exclude it, as the message shows, or let the range begin after it",
    ),
    code(
      "HOST_BITS",
      "an address where a network is needed",
      "Write the network's own address: 10.1.0.0/24, not 10.1.0.5/24",
    ),
    code(
      "HOST_PATH",
      "the NAD names a path of the node, which the plugin reads or writes as root",
      "Remove the field, or set it in the plugin's own configuration on the nodes. Allow it only to people who may be root on the nodes",
    ),
    code("IGNORED", "the field has no effect here", "Take it away, or see in the message what it needs"),
    code(
      "IPAM_WITHOUT_TYPE",
      "ipam has no type, so that the interface gets no address",
      "Add the type, or take ipam away where layer 2 is meant",
    ),
    code(
      "MISSING_CAPABILITY",
      "the plugin works only with what pods ask for, and no capability lets that through",
      'Add it to "capabilities"',
    ),
    code(
      "MISSING_CNI_VERSION",
      "without cniVersion the configuration counts as version 0.1.0: Multus reports no interface in network-status and, for a list, up to v4.3.0 does not release the address at DEL",
      'Add "cniVersion": "1.0.0" to the configuration; in a list next to "plugins", not inside a plugin',
    ),
    code(
      "MISSING_DEVICE",
      "the plugin needs a device, and nothing asks for one",
      "Annotate the NAD with k8s.v1.cni.cncf.io/resourceName",
    ),
    code("MISSING_FIELD", "a field that is needed is not there", "Add it"),
    code("MISSING_IPAM", "the plugin does not work without addresses", 'Add "ipam" with a "type"'),
    code(
      "MISSING_IPS",
      "the IPAM gives only addresses that pods request, and the pod requests none",
      'Add "ips" to the pod\'s request, or "addresses" to the IPAM',
    ),
    code(
      "MIXED_FAMILIES",
      "IPv4 and IPv6 in one set of ranges",
      "Put them into sets of their own: [[{IPv4}], [{IPv6}]]",
    ),
    code(
      "NOT_CHAINED",
      "the plugin works on what an earlier one made, and no fitting one comes before it",
      'Put it behind one, in a list "plugins"',
    ),
    code("NOT_ONE_OF", "a word that the plugin does not know", "One of those in the message"),
    code("OUTSIDE_SUBNET", "an address that is not in its subnet", "Move it into the subnet"),
    code("OUT_OF_RANGE", "a number out of bounds", "Within the bounds in the message"),
    code("OVERLAP", "two ranges of one network overlap", "Part them; a subnet beside ranges is a range too"),
    code("PATH_IN_TYPE", "a path where a program's name is needed (CVE-2021-20206)", "The name alone"),
    code("REVERSED_RANGE", "a range that ends before it begins", "Exchange the two"),
    code(
      "SECOND_INTERFACE",
      "two plugins of one list make the pod's interface, and the second finds its name taken",
      "Use a NAD for each",
    ),
    code(
      "TOO_LARGE",
      "the configuration has more than 65,536 bytes or 4,096 values, or those of its namespace have more than 2 MiB together; the operator does not read it, and its report states nothing else",
      "Remove what no plugin reads. A network with ten plugins has about 3 KiB",
    ),
    code(
      "TOO_MANY_IPS",
      "host-local takes one requested address only: Multus passes all of them in one argument",
      "Request one, or use another IPAM",
    ),
    code("TOO_SMALL", "a network without usable addresses", "/30 or larger, for IPv6 /126 or larger"),
    code(
      "UNKNOWN_FIELD",
      "no field that the plugin reads, and it looks like one",
      "The spelling in the message",
    ),
    code(
      "UNKNOWN_IPAM",
      "no IPAM plugin known here, and it looks like one",
      "The spelling in the message, or leave it: other plugins exist",
    ),
    code(
      "UNKNOWN_PLUGIN",
      "no plugin known here, and it looks like one; or an IPAM plugin, which makes no interface",
      "The spelling in the message, or leave it: other plugins exist",
    ),
    code(
      "UNREACHABLE_GATEWAY",
      "the kernel refuses a route over this gateway",
      "A gateway in the network's subnet that is not its broadcast address",
    ),
    code(
      "VERSION_TOO_LOW",
      "the cniVersion is too old for the plugin or for what is configured",
      "Raise it: 0.4.0, or 1.0.0",
    ),
    code(
      "WRONG_TYPE",
      "a JSON value of another type than the plugin reads",
      "As the message says: numbers and true without quotes, text with",
    ),
  ],
  "Objects of any kind: keys, kind and metadata": [
    code("DUPLICATE_KEY", "a key is set twice in one object; kubectl takes the last one", "Remove one"),
    code(
      "DUPLICATE_OBJECT",
      "the files hold two objects of one kind, namespace and name; the one that is applied last counts",
      "Remove or rename one",
    ),
    code("INVALID_VALUE", "a kind or a name that the API server refuses", "As the message says"),
    code(
      "PLACEHOLDER",
      "a name, a configuration or a request holds a placeholder such as {{ .Nic }}, and cannot be checked as it is",
      "Render the file first, with envsubst, Helm or what it is written for, and validate the result",
    ),
    code(
      "UNKNOWN_FIELD",
      "metadata has no such field, often because of a wrong indentation",
      "As the message says",
    ),
    code("WRONG_TYPE", "not a string: YAML reads yes, no, on, off, y and n as booleans", "Put it in quotes"),
  ],
  "The NetworkAttachmentDefinition itself": [
    code("INVALID_VALUE", "a value that the API server refuses", "As the message says"),
    code("MISSING_FIELD", "metadata.name is not there", "Add it"),
    code("UNKNOWN_FIELD", "spec has no such field", "Only spec.config is known"),
    code("WRONG_TYPE", "spec.config is no text", "Write it as config: | with the JSON below it"),
  ],
  "Pods and pod templates": [
    code("BAD_GUID", "infiniband-guid is no GUID", "Eight bytes with colons"),
    code("BAD_INTERFACE", "not a name for an interface", "1 to 15 bytes without blanks, / and :"),
    code(
      "BAD_IP",
      "ips holds no address, or one without the prefix length that the NAD's IPAM needs",
      "Write it as 192.168.1.5/24",
    ),
    code(
      "BAD_JSON",
      "the annotation looks like JSON and is none",
      "Look at the place that the message names",
    ),
    code(
      "BAD_MAC",
      "mac is not a MAC address, or not one that an interface can have",
      "Six bytes such as 02:00:00:00:00:01; the first is even, not all are 0",
    ),
    code(
      "BAD_NAME",
      "no NAD can have this name, or the short form takes no such name",
      'Correct it; a name with a dot needs the JSON form, [{"name": "a.b"}], in which the namespace is a field of its own',
    ),
    code("BAD_VALUE", "a field of another type than Multus reads", "As the message says"),
    code(
      "DEFAULT_NETWORK_NAMESPACE",
      "the default network has no namespace, and only the pod's own namespace has a NAD of that name: Multus searches its own",
      "Write it as namespace/name",
    ),
    code(
      "DUPLICATE_INTERFACE",
      "two networks ask for one interface, or one asks for eth0",
      "Name another: a@net1,b@net2",
    ),
    code(
      "FORBIDDEN_NETWORK",
      "namespace isolation is on, and the NAD is of another namespace",
      "Copy the NAD into the pod's namespace, or name the NAD's in isolation.globalNamespaces",
    ),
    code(
      "IGNORED",
      "the annotation has no effect there",
      "A pod with hostNetwork has no networks of its own; on a workload it belongs into the template's metadata",
    ),
    code(
      "MISSING_CAPABILITY",
      "the pod asks for addresses, a MAC, ports or bandwidth, and no plugin of the NAD takes it by that capability or otherwise: the request is dropped without a word",
      'Add it to the plugin: "capabilities": {"ips": true}',
    ),
    code(
      "MISSING_DEVICE",
      "the pod requests more networks that need a device than its containers request devices",
      "Request the resource in a container, unless a webhook adds it",
    ),
    code(
      "MISSING_IPS",
      "the NAD's IPAM gives only addresses that pods request, and the pod requests none",
      'Add "ips" to the request: [{"name": "…", "ips": ["192.168.1.5/24"]}]',
    ),
    code(
      "MISSING_NAME",
      "a network without a name: Multus finds no such NAD, and the pod does not start",
      "Name it, or take the comma away",
    ),
    code("NULL_ELEMENT", "null in the list of networks: Multus crashes on it", "Take it away"),
    code(
      "OUTSIDE_SUBNET",
      "no range of the NAD gives the address that the pod requests, or it is the gateway",
      "Request one of a range",
    ),
    code(
      "PRIMARY_PLUGIN",
      "the NAD's plugin attaches a pod once, as its primary network",
      "Name it in v1.multus-cni.io/default-network",
    ),
    code(
      "SECOND_DEFAULT_ROUTE",
      "more than one gateway of one family in default-route: Multus refuses it, and the pod does not start",
      "Ask one of the networks for it",
    ),
    code(
      "SHARED_ADDRESS",
      "a template requests fixed addresses, and makes several pods",
      "Leave the addresses to the IPAM, or make one workload for each",
    ),
    code("TOO_DEEP", "JSON nested too deep", "Flatten it"),
    code("TOO_MANY", "more networks than one pod can have", "Fewer; the default network is one"),
    code(
      "UNKNOWN_FIELD",
      "not an annotation that Multus reads though it looks like one, or not a key of a request",
      "The spelling in the message",
    ),
    code("WRONG_TYPE", "an annotation that is no text", "Put it into quotes"),
  ],
  "A NAD in its cluster, or beside others": [
    code("ADDRESSES_PER_NODE", "as above, with the number of nodes that the cluster has", "As above"),
    code(
      "BRIDGE_GATEWAYS",
      "two NADs give one bridge different gateways: on one node the pods of the second are refused",
      "Use a bridge for each, or one gateway",
    ),
    code(
      "CNI_VERSION_TOO_NEW",
      "Multus runs the plugin and cannot read its answer",
      "Lower cniVersion, or install a later Multus",
    ),
    code(
      "DHCP_DAEMON_MISSING",
      "the dhcp IPAM asks a daemon on the pod's node, and no pod runs it there",
      "Run the dhcp plugin's daemon on every node",
    ),
    code(
      "KNOWN_DEFECT",
      "the Multus release has a defect that the network meets ([known defects](known-defects.md))",
      "As the message states: change the NAD, or install a later Multus",
    ),
    code(
      "MASTER_BUSY",
      "a macvlan and an ipvlan share a master: on one node the kernel lets only one of the two use it",
      "Use the same plugin for both, or another interface",
    ),
    code(
      "MASTER_MISSING_ON_NODE",
      "nodes lack the interface that the network builds on",
      "Correct the name, or keep the pods to the nodes that have it",
    ),
    code(
      "PLUGIN_MISSING_ON_NODE",
      "nodes lack the plugin's program",
      "Install it into the nodes' CNI directory",
    ),
    code(
      "PLUGIN_TOO_OLD_ON_NODE",
      "the plugin's program on nodes was built before the NAD's cniVersion, and refuses it",
      "Lower cniVersion, or put later plugins on those nodes",
    ),
    code(
      "RANGES_OVERLAP",
      "two NADs hand out the same addresses on one wire, each with leases of its own",
      "Part the ranges, or give both configurations one name",
    ),
    code(
      "RESOURCE_NOT_OFFERED",
      "no node offers the resource of k8s.v1.cni.cncf.io/resourceName",
      "Install or mend the device plugin, or correct the name",
    ),
  ],
  MultusInstalls: [
    code("CONTRADICTION", "two fields that exclude each other", "As the message says"),
    code(
      "INCOMPLETE_CALICO",
      "a calico plugin that lacks what it needs as a delegate",
      "preset: Calico, or source: Auto",
    ),
    code("INVALID_CONFLIST", "primaryNetwork.config is no conflist that Multus reads", "As the message says"),
    code("INVALID_VALUE", "a value that the API server refuses", "As the message says"),
    code(
      "KNOWN_DEFECT",
      "the Multus release has a defect that this spec exposes the nodes to ([known defects](known-defects.md))",
      "As the message states: another release, or another setting",
    ),
    code("MOVING_TAG", "upstream moves the image's tag", "Name a release or a digest"),
    code(
      "MUST_BE_THE_PRIMARY_NETWORKS",
      "cni.version that differs from the primary network's stops the thin plugin",
      "Leave it out",
    ),
    code(
      "NEEDS_PYTHON",
      "v3's entrypoint needs Python 2 in the image for this",
      "An image that has it, or leave the field out",
    ),
    code(
      "NEWER_RELEASE",
      "the release is later than the operator knows, and rendered as the newest that it knows",
      "Compare Multus' own manifests, or upgrade the operator",
    ),
    code("NOT_INLINE", "the preset cannot be written inline", "source: Auto or File"),
    code("ONE_ARCHITECTURE", "upstream's image may not hold the architecture", "Name an image that does"),
    code("ONE_RANGE", "the preset's range is one for all nodes", "As the message says"),
    code(
      "TOKEN_NOT_RENEWED",
      "the thin plugin's kubeconfig expires (multus-cni #852)",
      "source: Auto or File, and refreshKubeconfig",
    ),
    code("UNKNOWN_FIELD", "no such field; it would be dropped", "The spelling in the message"),
    code("UNKNOWN_RELEASE", "the version names no release of v4", "Three numbers, as v4.3.0"),
    code("UNREACHABLE_FILE", "the daemon cannot see the file", "A path in the CNI directory"),
  ],
};

/** The page docs/reference/findings.md. */
export function findingsPage(): string {
  const tables = Object.entries(CODES).map(
    ([title, codes]) => `## ${title}

| Code | Means | Way out |
|---|---|---|
${codes.map(({ code: name, meaning, wayOut }) => `| \`${name}\` | ${cell(meaning)} | ${cell(wayOut)} |`).join("\n")}
`,
  );
  return `# Findings

What \`multus-operator validate\` (also \`kubectl multus validate\`), the reports on NADs and the admission webhook find.
Each finding has a severity, a code, a path and a message, and where it was found in a text its line and column.

- **error**: Multus, libcni or the plugin refuses it, or it cannot work.
- **warning**: it is ignored, or surely not what was meant.

What a plugin accepts is never an error. A plugin that is not known here is no error either: of its fields only those
are checked that every plugin has. The rules are held against the real plugins by generated configurations
(test/integration/cni-differential.test.ts).

The codes are stable; messages may change.

${tables.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
