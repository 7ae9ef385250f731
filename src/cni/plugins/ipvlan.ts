import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { flag, int, interfaceName, oneOf } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/ipvlan/ipvlan.go. After another plugin it may take its addresses. */
export const ipvlan: PluginCheck = (context) => {
  const { fields, before } = context;
  fields.take("master", interfaceName);
  fields.take("mode", oneOf(["l2", "l3", "l3s"]));
  fields.take("mtu", int);
  fields.take("linkInContainer", flag);
  checkIpam(context, before.length === 0 ? "required" : "optional");
};
