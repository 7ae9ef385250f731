import type { Finding } from "../../cni/finding.ts";
import { pathAndMessage, show } from "../../cni/finding.ts";
import { OTHER_PLUGINS, PLUGINS } from "../../cni/plugins/plugins.ts";
import { closest } from "../../crds/suggestion.ts";

/** Why a pod has not its network: what `explain` ends in. Stable, for scripts. */
export const CAUSES = {
  ATTACHED: "It has what it asked for.",
  NO_REQUEST: "It asks for no network.",
  MISSPELT_ANNOTATION: "Its annotation has a name that Multus does not look at.",
  ANNOTATION_ON_OWNER: "The annotation is on the workload itself, not on its pod template.",
  HOST_NETWORK: "It uses the node's network; Multus is not called for it.",
  ENDED: "It has ended, and its networks with it.",
  BAD_REQUEST: "Its annotation cannot be read.",
  MISSING_NETWORK: "It names a NAD that does not exist.",
  ISOLATION: "Namespace isolation forbids it the NAD of another namespace.",
  BAD_CONFIG: "The configuration in the NAD is refused.",
  UNSCHEDULED: "No node has taken it yet.",
  NO_MULTUS_ON_NODE: "Multus does not run on its node.",
  STARTED_BEFORE_MULTUS: "It was started before Multus was ready on its node.",
  BYPASSED: "Its sandbox was made without Multus.",
  MISSING_BINARY: "Its node lacks the program of a plugin.",
  CNI_VERSION: "A CNI version is later than Multus or a plugin on the node speaks.",
  MISSING_MASTER: "Its node lacks the interface that the network builds on.",
  RANGE_USED_UP: "The network's range has no free address.",
  ADDRESS_TAKEN: "The address that it asked for cannot be given.",
  API_UNREACHABLE: "Multus on the node cannot reach the API server.",
  TOKEN_EXPIRED: "Multus' credentials on the node are not accepted.",
  BRACKETED_ADDRESS: "Multus v3, built with a newer Go, cannot read its own kubeconfig.",
  PLUGIN_ERROR: "A plugin refused, in its own words.",
  PRIMARY_NETWORK: "The cluster's own network, to which Multus delegates, fails.",
  NOT_MULTUS: "Its sandbox cannot be made, for another reason than Multus.",
  MISSING_CAPABILITY: "It asked for something that no plugin of the NAD declares; it was dropped.",
  NOT_REPORTED: "Multus reported no interface for a NAD.",
  NETWORK_CHANGED: "The NAD has changed since the pod was attached.",
  STARTUP_TAINT: "Nodes take no pod until Multus is ready on them.",
  MULTUS_CHANGING: "It waits while Multus is exchanged on its node.",
  STARTING: "It is being set up.",
} as const;
export type CauseCode = keyof typeof CAUSES;

/** A cause with its sentence: what is wrong, and the way out. One line. */
export interface Cause {
  code: CauseCode;
  sentence: string;
}

/** What is known of the place where a plugin failed. */
export interface FailurePlace {
  /** "namespace/name" of the NAD, where it is known. */
  network: string | undefined;
  node: string;
  /** The node's interfaces that the NAD builds on. */
  masters: readonly string[];
  /** Of the NAD, errors only. */
  errors: readonly Finding[];
  /** The node's links, where they are known. */
  interfaces: readonly string[] | undefined;
}

interface Pattern {
  code: CauseCode;
  matches: RegExp;
  /** Gets what the pattern's group matched. */
  sentence: (found: string, place: FailurePlace) => string;
}

/** Types that exist, so that another is likely a misspelling of one. */
const TYPES = [...PLUGINS.keys(), ...OTHER_PLUGINS, "host-local", "static", "dhcp", "whereabouts"];

/** The words of Multus, libcni and the plugins (plugins 1.9.1, whereabouts 0.9) from which the cause is certain. */
const PATTERNS: readonly Pattern[] = [
  {
    code: "MISSING_BINARY",
    matches: /failed to find plugin "([^"]*)" in path/,
    sentence: (type, place) => {
      const near = TYPES.includes(type) ? undefined : closest(type, TYPES);
      return near === undefined
        ? `${place.node} has no CNI plugin ${show(type)}, which ${name(place)} needs: put that program into the CNI directory of ${place.node} (with another plugins package, or its own installer); the pod then starts by itself`
        : `${place.node} has no CNI plugin ${show(type)}, which ${name(place)} needs; did you mean "${near}"? ${mend(place)}`;
    },
  },
  {
    code: "RANGE_USED_UP",
    matches: /no IP addresses available in range set: ?(.*?)(?:['"]|$)/,
    sentence: (range, place) =>
      `${name(place)} has no free address${range === "" ? "" : ` in ${range}`} on ${place.node}: delete pods that need it no more, or widen rangeStart and rangeEnd${editing(place)}; the pod then starts by itself. Addresses of pods that are gone stay taken in /var/lib/cni/networks of ${place.node} where their removal failed`,
  },
  {
    code: "RANGE_USED_UP",
    matches: /[Cc]ould not allocate IP in range: (?:ip: )?(.*?)(?:['"]|$)/,
    sentence: (range, place) =>
      `${name(place)} has no free address in ${range}: delete pods that need it no more, or widen the range${editing(place)}; the pod then starts by itself`,
  },
  {
    code: "ADDRESS_TAKEN",
    matches: /requested IP address (\S+) is not available|failed to allocate all requested IPs: (\S+)/,
    sentence: (address, place) =>
      `${name(place)} cannot give the address ${address}, since another pod has it or no range holds it: ask for another in the pod's template, free it, or widen the range${editing(place)}`,
  },
  {
    code: "MISSING_MASTER",
    matches:
      /failed to (?:lookup|get) (?:the )?(?:master|link) "([^"]*)"|lookup of "([^"]*)" failed|Link not found/,
    sentence: (master, place) => {
      const links = place.interfaces;
      const there = links === undefined ? "" : ` (it has ${links.slice(0, 12).join(", ")})`;
      const wanted = master === "" ? place.masters.map(show).join(" or ") : show(master);
      return `${place.node} has no interface ${wanted || "of the name given as master"}, which ${name(place)} needs${there}: name one that ${place.node} has${editing(place)}, or keep the pod on nodes that have it`;
    },
  },
  {
    code: "CNI_VERSION",
    matches: /unsupported CNI result version \\?"([^"\\]*)/,
    sentence: (version, place) =>
      `Multus on ${place.node} reads no results of CNI version ${version}, which ${name(place)} has: set an earlier cniVersion there${editing(place)}, or a later release in spec.version of the MultusInstall`,
  },
  {
    code: "CNI_VERSION",
    matches: /incompatible CNI versions[;:] (config is .*?plugin supports \[[^\]]*\])/,
    sentence: (what, place) =>
      `a plugin on ${place.node} does not speak the CNI version that ${name(place)} has (${what}): set another cniVersion there${editing(place)}, or put other plugins on ${place.node}`,
  },
  // These two the outcome tells before, where MultusInstall and NADs may be read.
  {
    code: "ISOLATION",
    matches: /namespace isolation \w+, annotation violates permission, .*target namespace (\S+)/,
    sentence: (namespace) =>
      `Multus' namespace isolation forbids the pod the NADs of namespace ${namespace}: make the NAD in the pod's namespace and ask for it there, or have ${namespace} added to spec.isolation.globalNamespaces of the MultusInstall`,
  },
  {
    code: "MISSING_NETWORK",
    matches: /cannot find a network-attachment-definition \((\S+?)\) in namespace/,
    sentence: (nad) =>
      `there is no NetworkAttachmentDefinition ${nad} in the namespace that the pod names: create it, or mend the annotation in the pod's template`,
  },
  {
    code: "BRACKETED_ADDRESS",
    matches: /host must be a URL or a host:port pair/,
    sentence: (_, { node }) =>
      `Multus on ${node} cannot read the address of the API server in its own kubeconfig: Multus v3 has to be built with Go 1.21 (images/multus/Dockerfile.v3 does so); build that image and name it in spec.image`,
  },
  {
    code: "TOKEN_EXPIRED",
    matches: /Unauthorized|the server has asked for the client to provide credentials/,
    sentence: (_, { node }) =>
      `the API server does not accept Multus' credentials on ${node}: restart the Multus pod there, and with v4 leave spec.entrypoint.refreshKubeconfig on, so that they are renewed`,
  },
  {
    code: "API_UNREACHABLE",
    matches: /error waiting for pod|error getting pod|dial tcp|i\/o timeout|no route to host/,
    sentence: (_, { node }) =>
      `Multus on ${node} cannot reach the API server: look at kube-proxy and the routes of ${node}, and at kubectl multus logs --node ${node}`,
  },
];

/** The cause of a sandbox that could not be made, by what Multus or the plugin said. */
export function causeOfFailure(message: string, place: FailurePlace): Cause {
  for (const { code, matches, sentence } of PATTERNS) {
    const found = matches.exec(message);
    if (found) return { code, sentence: sentence((found[1] ?? found[2] ?? "").trim(), place) };
  }
  const [error] = place.errors;
  if (error && place.network !== undefined) return badConfig(place.network, error);
  return {
    code: "PLUGIN_ERROR",
    sentence: `${name(place)} cannot be attached on ${place.node}: ${message}. ${place.network === undefined ? `See kubectl multus logs --node ${place.node}` : mend(place)}`,
  };
}

/** Of the primary network, what can be told better than in the plugin's words. */
export function causeOfPrimary(network: string, message: string, node: string): Cause | undefined {
  const [, version] = /unsupported CNI result version \\?"([^"\\]*)/.exec(message) ?? [];
  if (version === undefined) return undefined;
  return {
    code: "CNI_VERSION",
    sentence: `Multus on ${node} reads no results of CNI version ${version}, which the cluster's own network ${show(network)} has: set a later release in spec.version of the MultusInstall, or an earlier cniVersion in that network's file on ${node} (status.nodes.unhealthy of the MultusInstall names it); the pod then starts by itself`,
  };
}

/** An error that the checker finds in a NAD, with its place. */
export function badConfig(network: string, { path, message, line, column }: Finding): Cause {
  const place = line === undefined ? "" : `, line ${line} column ${column}`;
  return {
    code: "BAD_CONFIG",
    sentence: `the configuration of ${network}${place}: ${pathAndMessage({ path, message })}. ${mend({ network })}`,
  };
}

export function mend({ network }: Pick<FailurePlace, "network">): string {
  return network === undefined
    ? "Mend the network's configuration; the pod then starts by itself"
    : `Mend it with ${editCommand(network)}; the pod then starts by itself`;
}

/** "kubectl edit …" for a NAD. */
export function editCommand(network: string): string {
  const [namespace, name] = network.split("/");
  return `kubectl edit net-attach-def -n ${namespace} ${name}`;
}

function name({ network }: FailurePlace): string {
  return network ?? "the network";
}

function editing({ network }: FailurePlace): string {
  return network === undefined ? "" : ` (${editCommand(network)})`;
}

/** A cause, of one line. */
export function cause(code: CauseCode, sentence: string): Cause {
  return { code, sentence };
}
