import { type Path, show } from "./finding.ts";
import { DEEPEST } from "./locate.ts";
import type { Report } from "./report.ts";
import { fold, isObject } from "./section.ts";

/**
 * Fields by which a plugin, which runs as root on the node, reads or writes a file there: of Multus as a plugin
 * of a NAD, whereabouts, host-local, dhcp, calico, cilium, flannel, ovs, sriov, kube-ovn, userspace and others.
 */
const FIELDS = new Set(
  [
    "binDir",
    "cniConfigDir",
    "cniDir",
    "confDir",
    "configuration_path",
    "daemonSocketDir",
    "daemonSocketPath",
    "dataDir",
    "globalConfigFile",
    "kubeconfig",
    "log-file",
    "log_file",
    "log_file_path",
    "logDir",
    "logFile",
    "readinessIndicatorFile",
    "resolvConf",
    "server_socket",
    "sharedDir",
    "socketDir",
    "socket_file",
    "subnetFile",
  ].map(fold),
);

/** What the plugins use without being configured, or are installed with: naming it changes nothing. */
const USUAL = [
  "/etc/cni/net.d/calico-kubeconfig",
  "/etc/cni/net.d/multus.d/multus.kubeconfig",
  "/etc/cni/net.d/whereabouts.d",
  "/etc/cni/net.d/whereabouts.d/whereabouts.conf",
  "/etc/cni/net.d/whereabouts.d/whereabouts.kubeconfig",
  "/etc/resolv.conf",
  "/run/cni/dhcp.sock",
  "/run/flannel/subnet.env",
  "/run/netns",
  "/run/openvswitch/kube-ovn-daemon.sock",
  "/var/lib/cni",
  "/var/lib/cni/networks",
  "/var/log/calico/cni/cni.log",
];
/** host-local writes below it by default, to a directory of the network's name, which the NAD's author chooses. */
const LEASES = "/var/lib/cni/networks/";
/** Programs that answer every request with one of their own: what is in them is a node's configuration. */
const NESTED = ["multus", "multus-shim", "multus-cni"];

/** A value to visit, and the way back to the plugin: a path of its own for each would take memory by the square. */
interface Visit {
  value: unknown;
  key: string | number;
  parent: Visit | undefined;
}

/** Fields that are reported of one configuration. */
const MAX_FINDINGS = 20;

/**
 * Warns of fields of a NAD's plugins, whatever their types and however deep, that name a path of the node: whoever
 * may create NADs so reads or writes files there as root. Admission may reject them, so that every value of every
 * plugin is visited, also of those that nothing else is known of.
 */
export function checkHostPaths(config: Readonly<Record<string, unknown>>, report: Report): void {
  let count = 0;
  for (const field of textFields(pluginsOf(config))) {
    const problem = problemOf(field.key, field.value);
    if (!problem) continue;
    report.warn(pathTo(field), "HOST_PATH", problem, { value: show(field.value) });
    if (++count === MAX_FINDINGS) return;
  }
}

/** The fields of objects, however deep in the values, that are strings. */
function* textFields(values: readonly Visit[]): Generator<Visit & { key: string; value: string }> {
  const left = [...values];
  for (let parent = left.pop(); parent; parent = left.pop())
    for (const [key, value] of itemsOf(parent.value)) {
      if (typeof value === "object" && value !== null) left.push({ key, value, parent });
      else if (typeof key === "string" && typeof value === "string") yield { key, value, parent };
    }
}

function itemsOf(value: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return value.entries();
  return isObject(value) ? Object.entries(value) : [];
}

/** Fields next to "plugins" have no effect, unless a type makes the whole one plugin. */
function pluginsOf(config: Readonly<Record<string, unknown>>): Visit[] {
  const root: Visit = { value: config, key: "", parent: undefined };
  const { type, plugins } = config;
  if ((typeof type === "string" && type !== "") || !Array.isArray(plugins)) return [root];
  const list: Visit = { value: plugins, key: "plugins", parent: root };
  return plugins.map((value: unknown, key) => ({ value, key, parent: list })).toReversed();
}

/** Of 10,000 levels, which a tenant may write, the outer ones: findings that lie deeper have no place of their own. */
function pathTo(visit: Visit): Path {
  const path: (string | number)[] = [];
  for (let at = visit; at.parent; at = at.parent) path.push(at.key);
  return path.toReversed().slice(0, DEEPEST);
}

function problemOf(key: string, value: string): string | undefined {
  if (fold(key) === "type" && NESTED.includes(value))
    return `${show(value)} as a plugin of a NAD runs Multus with a configuration of the NAD's author, who chooses its files and plugins on the node`;
  if (value === "" || !FIELDS.has(fold(key)) || isUsual(value)) return undefined;
  return `names a path of the node that the plugin reads or writes as root (it is ${show(value)})`;
}

function isUsual(value: string): boolean {
  const path = value.replace(/^\/var(?=\/run\/)/, "").replace(/\/+$/, "");
  return USUAL.includes(path) || (path.startsWith(LEASES) && !path.split("/").includes(".."));
}
