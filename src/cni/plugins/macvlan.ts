import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { flag, interfaceName, mac, mtu, oneOf, uint32 } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/macvlan/macvlan.go. Without a master it takes the default route's interface. */
export const macvlan: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("master", interfaceName);
  fields.take("mode", oneOf(["bridge", "private", "vepa", "passthru"]));
  fields.take("mtu", mtu);
  fields.take("mac", mac);
  fields.take("linkInContainer", flag);
  fields.take("bcqueuelen", uint32);
  checkIpam(context, "optional");
};
