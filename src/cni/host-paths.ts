import { type Path, show } from "./finding.ts";
import type { Report } from "./report.ts";
import { isObject } from "./section.ts";

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
  ].map((name) => name.toLowerCase()),
);

/** What the plugins use by themselves or are installed with: naming it changes nothing. */
const USUAL = [
  "/etc/cni/net.d/calico-kubeconfig",
  "/etc/cni/net.d/multus.d/multus.kubeconfig",
  "/etc/cni/net.d/whereabouts.d",
  "/etc/cni/net.d/whereabouts.d/whereabouts.conf",
  "/etc/cni/net.d/whereabouts.d/whereabouts.kubeconfig",
  "/etc/resolv.conf",
  "/run/cni/dhcp.sock",
  "/run/flannel/subnet.env",
  "/run/openvswitch/kube-ovn-daemon.sock",
  "/var/lib/cni",
  "/var/lib/cni/networks",
  "/var/log/calico/cni/cni.log",
  "/var/run/netns",
];
/** Programs that answer every request with one of their own: what is in them is a node's configuration. */
const NESTED = ["multus", "multus-shim", "multus-cni"];
const MOST_VALUES = 20_000;

/**
 * Warns of fields of one plugin, whatever its type and however deep, that name a path of the node: whoever may
 * create NADs so reads or writes files there as root.
 */
export function checkHostPaths(
  plugin: Readonly<Record<string, unknown>>,
  type: string,
  path: Path,
  report: Report,
): void {
  if (NESTED.includes(type))
    report.warn(
      [...path, "type"],
      "HOST_PATH",
      `${show(type)} as a plugin of a NAD runs Multus with a configuration of the NAD's author, who chooses its files and plugins on the node`,
    );
  const left: { value: unknown; at: Path }[] = [{ value: plugin, at: path }];
  for (let count = 0; left.length > 0 && count < MOST_VALUES; count++) {
    const { value, at } = left.pop() ?? { value: undefined, at: [] };
    if (at.length > path.length + DEEPEST) continue;
    if (Array.isArray(value))
      for (const [i, item] of value.entries()) left.push({ value: item, at: [...at, i] });
    if (!isObject(value)) continue;
    for (const [key, item] of Object.entries(value)) {
      const where = [...at, key];
      if (typeof item === "object" && item !== null) left.push({ value: item, at: where });
      else if (isHostPath(key, item))
        report.warn(
          where,
          "HOST_PATH",
          `names a path of the node that the plugin reads or writes as root (it is ${show(item)})`,
          { value: show(item) },
        );
    }
  }
}

/** Deeper findings have no place in the text. */
const DEEPEST = 8;

function isHostPath(key: string, value: unknown): boolean {
  return (
    typeof value === "string" &&
    value !== "" &&
    FIELDS.has(key.toLowerCase()) &&
    !USUAL.includes(value.replace(/^\/var(?=\/run\/)/, "").replace(/\/+$/, "")) &&
    !USUAL.includes(value)
  );
}
