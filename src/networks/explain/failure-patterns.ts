import { show } from "../../cni/finding.ts";
import { OTHER_PLUGINS, PLUGINS } from "../../cni/plugins/plugins.ts";
import { isReferencePlugin } from "../../crds/reference-plugins.ts";
import { closest } from "../../crds/suggestion.ts";
import { installedBy } from "../installed-by.ts";
import { editHint } from "./cause-codes.ts";
import type { FailurePattern } from "./failure-pattern.ts";
import { editing, type FailurePlace, nameOf } from "./failure-place.ts";
import { MULTUS_PATTERNS, THEN_STARTS } from "./multus-patterns.ts";
import { readableRange } from "./readable-range.ts";

/** Types that exist: one that does not may be a misspelling of one of these. */
const TYPES = [...PLUGINS.keys(), ...OTHER_PLUGINS, "host-local", "static", "dhcp", "whereabouts"];
const MAX_LINKS = 12;

/**
 * Multus begins so whatever kept it from reading the NAD (getKubernetesDelegate): an expired token, or an API server that
 * does not answer, is not a NAD that is missing.
 */
export const NOT_FOUND =
  /cannot find a network-attachment-definition \((\S+?)\) in namespace(?: \((\S+?)\))?.*\bnot found/;

/**
 * The words of Multus (3.4 to 4.3), libcni, the reference plugins (1.9.1), whereabouts (0.9), sriov-cni and the kernel
 * from which the cause is certain. The first that matches holds. A NAD is only blamed if the NAD is at fault.
 */
export const FAILURE_PATTERNS: readonly FailurePattern[] = [
  ...MULTUS_PATTERNS,
  {
    code: "DAEMON_UNREACHABLE",
    // EOF: the daemon ended while it worked on the request (DoCNI of pkg/server/api).
    matches: /failed to send CNI request: Post |failed to read CNI result: |dial unix \S*multus\.sock:/,
    sentence: (_, { node }) =>
      `the Multus daemon on ${node} does not answer: it restarts, was OOM-killed, or only its shim is left from a thick install. Check the Multus pod there (kubectl multus status, kubectl multus logs --node ${node}); the NAD is not at fault`,
  },
  {
    code: "NETNS_NOT_VISIBLE",
    matches: /no net namespace (\S+) found|failed to Statfs \\?"([^"\\]*netns[^"\\]*)/,
    sentence: ([a = "", b = ""], { node }) =>
      `the Multus daemon on ${node} does not see the pod's network namespace ${a || b}: the container runtime keeps network namespaces in another directory (Talos: /var/run/netns), or that directory is not mounted into the daemon. Set spec.distribution of the MultusInstall to that of the cluster; the NAD is not at fault`,
  },
  {
    code: "MISSING_BINARY",
    matches: /failed to find plugin \\?"([^"\\]*)\\?" in path/,
    sentence: ([type = ""], place) => {
      if (isReferencePlugin(type))
        return `${place.node} has no CNI plugin ${show(type)}, which ${nameOf(place)} needs: set spec.plugins.install: Missing in the MultusInstall, which installs it (status.plugins there shows if that fails), or put the program into the plugin directory of ${place.node}; ${THEN_STARTS}`;
      const near = TYPES.includes(type) ? undefined : closest(type, TYPES);
      const field = installedBy(type);
      const fix = field === undefined ? "" : `set ${field}, or `;
      return near === undefined
        ? `${place.node} has no CNI plugin ${show(type)}, which ${nameOf(place)} needs: ${fix}put that program into the plugin directory of ${place.node} (with a plugins package, or the plugin's own installer); ${THEN_STARTS}`
        : `${place.node} has no CNI plugin ${show(type)}, which ${nameOf(place)} needs; did you mean "${near}"? ${editHint(place.network)}`;
    },
  },
  {
    code: "PLUGIN_NOT_RUNNABLE",
    matches:
      /fork\/exec (\S+): (exec format error|permission denied)|netplugin failed[^:]*: (signal: killed)/,
    sentence: ([path = "", error = "", killed = ""], { node }) => {
      const [what, fix] = {
        "exec format error": [
          `${path} on ${node} is built for another architecture`,
          "install the build for this node's architecture",
        ],
        "permission denied": [
          `${path} on ${node} may not be run`,
          "make the file executable, and check noexec mounts and SELinux",
        ],
        "signal: killed": [
          `a plugin's program was killed on ${node}`,
          "check the node's memory and the memory limit of Multus' pods",
        ],
      }[error || killed] ?? [`${path} on ${node} cannot be run`, "check the file"];
      return `${what}: ${fix}; the NAD is not at fault`;
    },
  },
  {
    code: "NO_DHCP_DAEMON",
    matches: /error dialing DHCP daemon|dial unix \S*dhcp\.sock/,
    sentence: (_, place) =>
      `no daemon of the dhcp plugin runs on ${place.node}, which the IPAM of ${nameOf(place)} needs: set spec.dhcp.daemon: Auto in the MultusInstall, which runs it (status.dhcp there shows if that fails), or run "dhcp daemon" on the nodes, with the host's network and the pods' network namespaces; the NAD is not at fault`,
  },
  {
    // By default the daemon repeats its request for 208 s (plugins/ipam/dhcp, -resendtimeout).
    code: "NO_DHCP_LEASE",
    matches: /error calling DHCP\.Allocate: no more tries/,
    sentence: (_, place) => {
      const link = wanted(place);
      return `the daemon of the dhcp plugin on ${place.node} got no lease for ${place.pod} in ${nameOf(place)} before it stopped trying: check that a DHCP server with free addresses serves the network${link === "" ? "" : ` of ${link}`} on ${place.node}, and that the switch or hypervisor there accepts the MAC addresses of pods. If the server's answers arrive on the node, run the daemon with -broadcast=true; ${THEN_STARTS}`;
    },
  },
  {
    code: "NO_DEVICE",
    matches:
      /VF pci addr is required|specify either \\?"device\\?", \\?"hwaddr\\?"|no device ?ID (?:is )?(?:set|given|found)|deviceID is required/i,
    sentence: (_, place) =>
      `${place.pod} got no device for ${nameOf(place)}: a container of the pod must request the resource that the NAD names in its annotation k8s.v1.cni.cncf.io/resourceName, one for each time the network is requested; if the NAD has no such annotation, add it${editing(place)}`,
  },
  {
    code: "RANGE_USED_UP",
    matches: /no IP addresses available in range set: ?(.*?)(?:['"]|$)/,
    sentence: ([range = ""], place) =>
      `${nameOf(place)} has no free address${range === "" ? "" : ` in ${range}`} on ${place.node}: delete pods that no longer need one, or widen rangeStart and rangeEnd${editing(place)}; ${THEN_STARTS}. If the removal of a pod failed, its address stays allocated in /var/lib/cni/networks of ${place.node}`,
  },
  {
    code: "RANGE_USED_UP",
    matches: /[Cc]ould not allocate IP in range: (?:ip: )?(.*?)(?:['"]|$)/,
    sentence: ([range = ""], place) =>
      `${nameOf(place)} has no free address in ${readableRange(range)}: delete pods that no longer need one, or widen the range${editing(place)}; ${THEN_STARTS}`,
  },
  {
    code: "ADDRESS_TAKEN",
    matches: /requested IP address (\S+) is not available|failed to allocate all requested IPs: (\S+)/,
    sentence: ([a = "", b = ""], place) =>
      `${nameOf(place)} cannot give the address ${a || b}: another pod has it, or no range contains it. Request another address in the pod's template, free this one, or widen the range${editing(place)}`,
  },
  {
    code: "DUPLICATE_ADDRESS",
    matches: /link \S+ has address (\S+) in DADFAILED state/,
    sentence: ([address = ""], place) =>
      `another pod or machine in the layer-2 network of ${nameOf(place)} has the address ${address} already, as the kernel of ${place.node} found out: host-local counts addresses per node, so give each node its own range, or use an IPAM for the whole cluster (whereabouts)${editing(place)}; if the pod requests this address, request another one in its template. The kubelet tries again, with the next address of the range`,
  },
  {
    code: "REQUEST_REJECTED",
    matches:
      /'ip' field is expected to be in CIDR notation, got: \\?'([^'\\]*)|invalid CIDR address: ([^\s'"\\]+)/,
    when: ({ request }) => request?.ips !== undefined,
    sentence: ([a = "", b = ""], place) =>
      `the address ${show(a || b)} that ${place.pod} requests of ${nameOf(place)} needs a prefix length, such as ${show(`${a || b}/24`)}: set it in "ips" of the annotation in the pod's template`,
  },
  {
    code: "REQUEST_REJECTED",
    matches: /IPAM plugin returned missing IP config/,
    when: ({ request }) => request !== undefined && (request.ips ?? []).length === 0,
    sentence: (_, place) =>
      `the IPAM of ${nameOf(place)} has no address to give, and ${place.pod} requests no ips: a static IPAM without addresses assigns what pods request. Add "ips" to the annotation in the pod's template, or addresses to the IPAM${editing(place)}`,
  },
  {
    code: "REQUEST_REJECTED",
    matches: /cannot assign requested address/,
    when: ({ request }) => isGroup(request?.mac),
    sentence: (_, place) =>
      `the MAC address ${show(place.request?.mac ?? "")} that ${place.pod} requests of ${nameOf(place)} is a group address (its first byte is odd), which no interface may have: request one with an even first byte, such as 02:…, in the pod's template`,
  },
  {
    code: "REQUEST_REJECTED",
    matches: /failed to (?:create|set)[^:]*(?:mac|vlan|hardware)[^:]*: cannot assign requested address/,
    sentence: (_, place) =>
      `the kernel of ${place.node} rejects the MAC address of the interface that ${nameOf(place)} makes: a MAC address needs an even first byte, such as 02:…; check "mac" in the pod's annotation and in the NAD${editing(place)}`,
  },
  {
    code: "NO_KERNEL_SUPPORT",
    matches:
      /failed to create (\w+)[^:]*: operation not supported|failed to add (\w+)[^:]*: operation not supported/,
    sentence: ([a = "", b = ""], { node }) =>
      `the kernel of ${node} does not support ${a || b}: load the module (modprobe ${a || b}) or use a network of another type; editing the NAD does not help`,
  },
  {
    code: "DEVICE_BUSY",
    matches: /device or resource busy/,
    sentence: (_, place) =>
      `the interface ${wanted(place) || "that the network builds on"} on ${place.node} is busy: it is a port of a bridge or bond, or it carries interfaces of the other kind (a master carries macvlan or ipvlan interfaces, not both). Use another master for ${nameOf(place)}${editing(place)}, or free this one`,
  },
  {
    code: "INTERFACE_TAKEN",
    matches:
      /interface name \\?"?([^"\s\\]+)\\?"? (?:is )?already (?:exists|used|in use)|container veth name \(?\\?"?([^")\s\\]+)\\?"?\)? already exists|failed to rename .*? to \\?"?([^":\s\\]+)\\?"?: (?:file exists|[^:]*already exists)/,
    sentence: (found, place) =>
      `${place.pod} already has an interface ${show(found.find((name) => name !== "") ?? "")}: two of its networks use the same name. Give each request its own "interface" in the annotation of the pod's template; the NAD is not at fault`,
  },
  {
    code: "MISSING_MASTER",
    matches:
      /failed to (?:lookup|get) (?:the )?(?:master|link) \\?"([^"\\]*)\\?"|lookup of \\?"([^"\\]*)\\?" failed|Link not found|failed to find host device/,
    sentence: ([a = "", b = ""], place) => {
      const links = place.interfaces;
      const there = links === undefined ? "" : ` (it has ${links.slice(0, MAX_LINKS).join(", ")})`;
      const field = place.masters.length === 0 && place.devices.length > 0 ? "device" : "master";
      const missing = show(a || b);
      const name = a || b ? missing : wanted(place) || `of the name given as ${field}`;
      return `${place.node} has no interface ${name}, which ${nameOf(place)} names as ${field}${there}: name one that ${place.node} has${editing(place)}, or keep the pod on nodes that have it`;
    },
  },
  {
    code: "CNI_VERSION",
    matches: /unsupported CNI result version \\?"([^"\\]*)/,
    sentence: ([version = ""], place) =>
      `Multus on ${place.node} does not support results of CNI version ${version}, which ${nameOf(place)} has: set an earlier cniVersion there${editing(place)}, or a later release in spec.version of the MultusInstall`,
  },
  {
    code: "CNI_VERSION",
    matches: /incompatible CNI versions[;:] (config is .*?plugin supports \[[^\]]*\])/,
    sentence: ([what = ""], place) =>
      `a plugin on ${place.node} does not support the CNI version that ${nameOf(place)} has (${what}): set another cniVersion there${editing(place)}, or install other plugins on ${place.node}`,
  },
  // The outcome reports these two first, if MultusInstall and NADs may be read.
  {
    code: "ISOLATION",
    matches: /namespace isolation \w+, annotation violates permission, .*target namespace (\S+)/,
    sentence: ([namespace = ""]) =>
      `Multus' namespace isolation forbids the pod the NADs of namespace ${namespace}: create the NAD in the pod's namespace and request it there, or have ${namespace} added to spec.isolation.globalNamespaces of the MultusInstall`,
  },
  {
    code: "MISSING_NETWORK",
    matches: NOT_FOUND,
    sentence: ([nad = "", namespace = ""]) =>
      `there is no NetworkAttachmentDefinition ${nad} in namespace ${namespace || "that the pod names"}: create it, or fix the annotation in the pod's template`,
  },
  {
    code: "DAEMON_NOT_READY",
    matches: /CmdAdd \(shim\): timed out waiting for the condition/,
    sentence: (_, { node }) =>
      `multus-shim on ${node} timed out waiting for the Multus daemon: the daemon does not run, or its release is earlier than that of the shim (from v4.3.1 on, the shim waits for /readyz, which earlier daemons answer with 404). See kubectl multus logs --node ${node}; name one release or digest for both containers in spec.image, not a moving tag, and restart the Multus pod on ${node}; ${THEN_STARTS}`,
  },
  {
    code: "BRACKETED_ADDRESS",
    matches: /host must be a URL or a host:port pair/,
    sentence: (_, { node }) =>
      `Multus on ${node} cannot read the address of the API server in its own kubeconfig: Multus up to v4.2.2 does not work if it is built with Go 1.24.8, 1.25.2 or later. Use v4.2.3 or later, or build the image with an earlier Go (images/multus/Dockerfile.v3 does) and name it in spec.image`,
  },
  {
    code: "PLUGIN_CREDENTIALS",
    matches: /Unauthorized|the server has asked for the client to provide credentials/,
    when: ({ inPlugin }) => inPlugin,
    sentence: (_, place) =>
      `the API server does not accept the credentials of ${credentialsOf(place)} on ${place.node}, not those of Multus: restart that plugin's pod on ${place.node}, or renew the kubeconfig that its configuration names; the NAD is not at fault`,
  },
  {
    code: "TOKEN_EXPIRED",
    matches: /Unauthorized|the server has asked for the client to provide credentials/,
    sentence: (_, { node }) =>
      `the API server does not accept Multus' credentials on ${node}: restart the Multus pod there, and with v4 leave spec.entrypoint.refreshKubeconfig on, so that they are renewed`,
  },
  {
    code: "API_UNREACHABLE",
    matches: /dial tcp (\S+?):? |i\/o timeout|no route to host/,
    when: ({ inPlugin }) => inPlugin,
    sentence: (_, place) =>
      `a plugin of ${nameOf(place)} cannot reach its server from ${place.node}: check kube-proxy and the routes of ${place.node}, and the addresses in the plugin's own configuration`,
  },
  {
    // Multus v4 gives each request for a pod 0.25 s (pkg/multus GetPod): a slow server and a lost route look alike.
    code: "API_UNREACHABLE",
    matches: /error waiting for pod: .*context deadline exceeded/,
    sentence: (_, { node }) =>
      `Multus on ${node} got no answer from the API server in the 0.25 s that it waits: the kubelet tries again, and ${THEN_STARTS} if the API server was only slow. If it does not, check kube-proxy and the routes of ${node}, the load of the API server and etcd, and kubectl multus logs --node ${node}`,
  },
  {
    code: "API_UNREACHABLE",
    matches: /error waiting for pod|error getting pod|dial tcp|i\/o timeout|no route to host/,
    sentence: (_, { node }) =>
      `Multus on ${node} cannot reach the API server: check kube-proxy and the routes of ${node}, and kubectl multus logs --node ${node}`,
  },
];

function wanted({ masters, devices }: FailurePlace): string {
  return [...masters, ...devices].map(show).join(" or ");
}

/** The lowest bit of the first byte marks a group address (IEEE 802). */
function isGroup(mac: string | undefined): boolean {
  const first = Number.parseInt(/^[0-9a-f]{1,2}/i.exec(mac ?? "")?.[0] ?? "0", 16);
  return first % 2 === 1;
}

/** Only whereabouts words its storage errors so. */
function credentialsOf(place: FailurePlace): string {
  return `a plugin of ${nameOf(place)} (with whereabouts: whereabouts.kubeconfig)`;
}
