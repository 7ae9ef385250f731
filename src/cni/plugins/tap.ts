import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { ethernetAddress, flag, interfaceName, mtuFrom, text, uint32 } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/tap/tap.go. */
export const tap: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("multiQueue", flag);
  const size = fields.take("mtu", mtuFrom(Number.NEGATIVE_INFINITY, 65521));
  fields.take("mac", ethernetAddress);
  for (const name of ["owner", "group"]) fields.take(name, uint32);
  fields.take("selinuxContext", text);
  fields.take("bridge", interfaceName);
  checkMtuOfIpv6(context, size, checkIpam(context, "optional"));
};
