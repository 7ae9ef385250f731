import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { existingInterface, flag, oneOf, section, text, vethMtu } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/ipvlan/ipvlan.go. After another plugin it may take its addresses. */
export const ipvlan: PluginCheck = (context) => {
  const { fields, before } = context;
  fields.take("master", existingInterface);
  fields.take("mode", oneOf(["l2", "l3", "l3s"]));
  const size = fields.take("mtu", vethMtu);
  fields.take("linkInContainer", flag);
  if (fields.take("ipam", section)?.take("type", text) === "dhcp")
    context.report.warn(
      [...fields.at("ipam"), "type"],
      "CONTRADICTION",
      "does not work with ipvlan: its interfaces share the master's MAC address, which a DHCP server uses to identify clients; use macvlan",
    );
  checkMtuOfIpv6(context, size, checkIpam(context, before.length === 0 ? "required" : "optional"));
};
