/**
 * The plugins of github.com/containernetworking/plugins for Linux: the only programs that the operator installs. A NAD, which
 * any tenant may write, chooses among them and can name nothing else.
 */
export const REFERENCE_PLUGINS = [
  ...["bandwidth", "bridge", "dhcp", "dummy", "firewall", "host-device", "host-local", "ipvlan", "loopback"],
  ...["macvlan", "portmap", "ptp", "sbr", "static", "tap", "tuning", "vlan", "vrf"],
] as const;
export type ReferencePlugin = (typeof REFERENCE_PLUGINS)[number];

/** What a plugin calls without its configuration naming it: flannel's delegates to these unless it names others. */
export const CALLS: Readonly<Record<string, readonly ReferencePlugin[]>> = {
  flannel: ["bridge", "host-local"],
};

export function isReferencePlugin(name: string): name is ReferencePlugin {
  return (REFERENCE_PLUGINS as readonly string[]).includes(name);
}
