/** The meaning of a finding's code, and the fix. docs/reference/findings.md is generated from it. */
export interface CodeMeaning {
  code: string;
  meaning: string;
  fix: string;
}

const code = (name: string, meaning: string, fix: string): CodeMeaning => ({
  code: name,
  meaning,
  fix,
});

/** Codes by the kind of object, each list in the order of the codes. */
export const CODES: Readonly<Record<string, readonly CodeMeaning[]>> = {
  "Network configurations (spec.config of a NetworkAttachmentDefinition)": [
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
      "the configuration has more than 65,536 bytes or 4,096 values, or those of its namespace have more than 2 MiB together; the operator does not read it, and its report states nothing else",
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
  ],
  "Objects of any kind: keys, kind and metadata": [
    code("DUPLICATE_KEY", "an object has a key twice; kubectl uses the last one", "Remove one"),
    code(
      "DUPLICATE_OBJECT",
      "the files contain two objects with the same kind, namespace and name; the one that is applied last takes effect",
      "Remove or rename one",
    ),
    code("INVALID_VALUE", "a kind or a name that the API server rejects", "See the message"),
    code(
      "PLACEHOLDER",
      "a name, a configuration or a request holds a placeholder such as {{ .Nic }}, and cannot be checked as it is",
      "Render the file first, with envsubst, Helm or what it is written for, and validate the result",
    ),
    code(
      "UNKNOWN_FIELD",
      "metadata does not have this field; often the indentation is wrong",
      "See the message",
    ),
    code(
      "WRONG_TYPE",
      "not a string: YAML reads yes, no, on, off, y and n as booleans",
      "Put the value in quotes",
    ),
  ],
  "The NetworkAttachmentDefinition itself": [
    code("INVALID_VALUE", "a value that the API server rejects", "See the message"),
    code("MISSING_FIELD", "metadata.name is missing", "Add it"),
    code("UNKNOWN_FIELD", "spec does not have this field", "Use spec.config, the only field"),
    code("WRONG_TYPE", "spec.config is not a string", "Write config: | with the JSON below it"),
  ],
  "Pods and pod templates": [
    code("BAD_GUID", "infiniband-guid is not a GUID", "Write eight bytes with colons"),
    code(
      "BAD_INTERFACE",
      "not a valid name of an interface",
      "Use 1 to 15 bytes without / or : or white space",
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
    code("BAD_VALUE", "a field of another type than Multus reads", "See the message"),
    code(
      "DEFAULT_NETWORK_NAMESPACE",
      "the default network has no namespace, and only the pod's namespace has a NAD with this name, but Multus searches its own namespace",
      "Write namespace/name",
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
      "the annotation has no effect there",
      "A pod with hostNetwork gets no additional networks; on a workload, move the annotation to the template's metadata",
    ),
    code(
      "MISSING_CAPABILITY",
      "the pod requests addresses, a MAC address, ports or bandwidth, but no plugin of the NAD supports this through a capability or otherwise: Multus silently drops the request",
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
      "more than one gateway per address family in default-route: Multus rejects it, and the pod does not start",
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
  ],
  "A NAD in its cluster, or together with other NADs": [
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
      "Install it into the nodes' CNI directory",
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
      "Install or fix the device plugin, or correct the name",
    ),
  ],
  MultusInstalls: [
    code("CONTRADICTION", "two fields exclude each other", "See the message"),
    code(
      "INCOMPLETE_CALICO",
      "a calico plugin without the settings that it needs as a delegate",
      "Use preset: Calico, or source: Auto",
    ),
    code("INVALID_CONFLIST", "primaryNetwork.config is not a valid conflist", "See the message"),
    code("INVALID_VALUE", "a value that the API server rejects", "See the message"),
    code(
      "KNOWN_DEFECT",
      "the Multus release has a defect that this spec exposes the nodes to ([known defects](known-defects.md))",
      "Use another release or another setting, as described in the message",
    ),
    code("MOVING_TAG", "upstream moves the image's tag", "Set a release or a digest"),
    code(
      "MUST_BE_THE_PRIMARY_NETWORKS",
      "the thin plugin does not start if cni.version differs from the primary network's",
      "Remove it",
    ),
    code(
      "NEEDS_PYTHON",
      "the entrypoint of v3 requires Python 2 in the image for this",
      "Use an image that has it, or remove the field",
    ),
    code(
      "NEWER_RELEASE",
      "the release is newer than the operator knows, and is rendered like the newest that it knows",
      "Compare Multus' own manifests, or upgrade the operator",
    ),
    code("NOT_INLINE", "the preset cannot be inline", "Use source: Auto or File"),
    code("ONE_ARCHITECTURE", "the upstream image may not support the architecture", "Set an image that does"),
    code("ONE_RANGE", "the preset has the same range on all nodes", "See the message"),
    code(
      "TOKEN_NOT_RENEWED",
      "the thin plugin's kubeconfig expires (multus-cni #852)",
      "Use source: Auto or File, and refreshKubeconfig",
    ),
    code("UNKNOWN_FIELD", "the field does not exist and would be dropped", "Use the spelling in the message"),
    code("UNKNOWN_RELEASE", "the version is not a release of v4", "Use three numbers, such as v4.3.0"),
    code("UNREACHABLE_FILE", "the daemon cannot see the file", "Use a path in the CNI directory"),
  ],
};

/** The page docs/reference/findings.md. */
export function findingsPage(): string {
  const tables = Object.entries(CODES).map(
    ([title, codes]) => `## ${title}

| Code | Meaning | Fix |
|---|---|---|
${codes.map(({ code: name, meaning, fix }) => `| \`${name}\` | ${cell(meaning)} | ${cell(fix)} |`).join("\n")}
`,
  );
  return `# Findings

This page lists the findings of \`multus-operator validate\` (also \`kubectl multus validate\`), the reports on NADs and the admission webhook.
Each finding has a severity, a code, a path and a message, and in a file also a line and a column.

- **error**: Multus, libcni or the plugin rejects it, or it cannot work.
- **warning**: it is ignored, or probably not intended.

What a plugin accepts is never an error. An unknown plugin is not an error either: only those of its fields
are checked that every plugin has. The rules are compared with the real plugins by generated configurations
(test/integration/cni-differential.test.ts).

The codes are stable; messages may change.

${tables.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
