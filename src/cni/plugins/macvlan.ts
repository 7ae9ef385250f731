import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { ethernetAddress, existingInterface, flag, mtu, oneOf, uint32 } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/macvlan/macvlan.go. Without a master it takes the default route's interface. */
export const macvlan: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("master", existingInterface);
  fields.take("mode", oneOf(["bridge", "private", "vepa", "passthru"]));
  const size = fields.take("mtu", mtu);
  fields.take("mac", ethernetAddress);
  fields.take("linkInContainer", flag);
  fields.take("bcqueuelen", uint32);
  checkMtuOfIpv6(context, size, checkIpam(context, "optional"));
};
