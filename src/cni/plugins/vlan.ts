import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { between, existingInterface, flag, mtu } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/vlan/vlan.go. */
export const vlan: PluginCheck = (context) => {
  const { fields, report } = context;
  if (fields.take("master", existingInterface) === "" || !fields.has("master"))
    report.missing(fields.at("master"), "the interface that carries the VLAN");
  if (fields.take("vlanId", between(0, 4094)) === undefined && !fields.has("vlanId"))
    report.missing(fields.at("vlanId"), "the VLAN; without it the interface carries VLAN 0", "warning");
  const size = fields.take("mtu", mtu);
  fields.take("linkInContainer", flag);
  checkMtuOfIpv6(context, size, checkIpam(context, "required"));
};
