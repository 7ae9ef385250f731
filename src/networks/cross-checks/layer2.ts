import { flag, int, text } from "../../cni/kinds.ts";
import type { Network, Plugin } from "./network.ts";

/**
 * The wire that a plugin's interfaces are on, as far as the configuration shows; equal texts are one layer-2
 * network. Undefined for plugins that share none, or whose wire only the node or the device plugin knows.
 */
export function wireOf({ nad }: Network, { type, fields }: Plugin): string | undefined {
  const number = (name: string) => fields.take(name, int) ?? 0;
  const word = (name: string) => fields.take(name, text) ?? "";
  // The master is one of the pod's own interfaces: net1 of two pods is not one wire.
  if (fields.take("linkInContainer", flag)) return undefined;
  switch (type) {
    case "macvlan":
    case "ipvlan":
      return word("master") === "" ? "the default route's interface" : word("master");
    case "vlan":
      // The kernel's usual name for it, so that a macvlan on eth0.100 is the same wire.
      return word("master") === "" ? undefined : `${word("master")}.${number("vlanId")}`;
    case "bridge":
    case "cnv-bridge":
      return `bridge ${word("bridge") || "cni0"}${tag(number("vlan"))}`;
    case "ovs":
      return word("bridge") === "" ? undefined : `OVS bridge ${word("bridge")}${tag(number("vlan"))}`;
    case "sriov":
      return nad.resourceName ? `resource ${nad.resourceName}${tag(number("vlan"))}` : undefined;
    default:
      return undefined;
  }
}

function tag(vlan: number): string {
  return vlan === 0 ? "" : `, VLAN ${vlan}`;
}
