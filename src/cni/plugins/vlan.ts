import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { between, flag, interfaceName, mtu } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/vlan/vlan.go. */
export const vlan: PluginCheck = (context) => {
  const { fields, report } = context;
  if (fields.take("master", interfaceName) === "" || !fields.has("master"))
    report.error(fields.path, "MISSING_FIELD", 'needs "master", the interface that carries the VLAN');
  if (fields.take("vlanId", between(0, 4094)) === undefined && !fields.has("vlanId"))
    report.warn(fields.path, "MISSING_FIELD", 'has no "vlanId": the interface carries VLAN 0');
  const size = fields.take("mtu", mtu);
  fields.take("linkInContainer", flag);
  checkMtuOfIpv6(context, size, checkIpam(context, "required"));
};
