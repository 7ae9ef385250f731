import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { flag, interfaceName, oneOf, vethMtu } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/ipvlan/ipvlan.go. After another plugin it may take its addresses. */
export const ipvlan: PluginCheck = (context) => {
  const { fields, before } = context;
  fields.take("master", interfaceName);
  fields.take("mode", oneOf(["l2", "l3", "l3s"]));
  const size = fields.take("mtu", vethMtu);
  fields.take("linkInContainer", flag);
  checkMtuOfIpv6(context, size, checkIpam(context, before.length === 0 ? "required" : "optional"));
};
