import { listed } from "../../crds/listed.ts";
import { type Network, placeOf } from "./network.ts";
import { type ClusterView, type CrossFinding, MAX_NAMED, NODES_NAMED } from "./view.ts";

/** Whether a pod runs the dhcp plugin's daemon ("/opt/cni/bin/dhcp daemon"), as far as its containers show. */
export function runsDhcpDaemon(
  containers: readonly { command?: readonly string[] | undefined; args?: readonly string[] | undefined }[],
): boolean {
  return containers.some(({ command = [], args = [] }) =>
    /(^|[/\s])dhcp(-daemon)?\s+daemon(\s|$)/.test([...command, ...args].join(" ").slice(0, 4096)),
  );
}

/** The dhcp IPAM asks a daemon on the pod's node over a socket; without it the attachment fails. */
export function dhcpDaemon(networks: readonly Network[], { nodes, dhcpNodes }: ClusterView): CrossFinding[] {
  if (!dhcpNodes || nodes.length === 0) return [];
  const without = nodes.filter(({ name }) => !dhcpNodes.has(name)).map(({ name }) => name);
  if (without.length === 0) return [];
  const where = dhcpNodes.size === 0 ? "any node" : `${without.length} of ${nodes.length} nodes`;
  const names = dhcpNodes.size === 0 ? "" : ` (${listed(without, MAX_NAMED)})`;
  return networks.flatMap(({ nad, plugins }) =>
    plugins
      .filter(({ ipam }) => ipam?.type === "dhcp")
      .map(
        ({ ipam, fields }): CrossFinding => ({
          namespace: nad.namespace,
          name: nad.name,
          path: placeOf(ipam?.fields ?? fields, "type"),
          // The daemon may also be a service of the node's own, which no pod shows.
          severity: "warning",
          code: "DHCP_DAEMON_MISSING",
          message: `requires the dhcp daemon on the node, but no pod runs it on ${where}${names}. spec.dhcp.daemon: Auto in the MultusInstall runs it, and status.dhcp there shows if that fails`,
          nodes: without.slice(0, NODES_NAMED),
        }),
      ),
  );
}
