import { PLUGINS } from "../../cni/plugins/plugins.ts";
import type { Network } from "../cross-checks/network.ts";

/**
 * Multus gives `ips` and `mac` as CNI_ARGS too (delegateAdd), which host-local, static and whereabouts, and bridge,
 * macvlan, tap, tuning, sriov and ovs read without any capability (LoadArgs). These are sure to read neither.
 */
const IGNORE_MAC = [
  "ipvlan",
  "vlan",
  "ptp",
  "dummy",
  "host-device",
  "sbr",
  "vrf",
  "portmap",
  "bandwidth",
  "firewall",
];
const IGNORES_ADDRESSES = "dhcp";

/**
 * What of a pod's request may reach a plugin of the network, by the names of capabilities; the rest libcni drops
 * without a word (injectRuntimeConfig). Of plugins that are not known anything may. Undefined where the
 * configuration does not show it: it lies in a file on the node, or cannot be read. A pod's `deviceID` needs
 * the capability: only a device plugin's device is written into the configuration itself (getKubernetesDelegate).
 */
export function passedBy({ plugins, capabilities }: Network): ReadonlySet<string> | undefined {
  if (plugins.length === 0) return undefined;
  const unknown = plugins.some(({ type }) => !PLUGINS.has(type));
  const addressed = plugins.some(({ ipam }) => ipam && ipam.type !== IGNORES_ADDRESSES);
  const named = plugins.some(({ type }) => !IGNORE_MAC.includes(type));
  return new Set([
    ...capabilities,
    ...(unknown || addressed ? ["ips"] : []),
    ...(unknown || named ? ["mac"] : []),
  ]);
}
