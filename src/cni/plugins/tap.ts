import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { flag, interfaceName, mac, mtu, text, uint32 } from "../kinds.ts";

/** containernetworking/plugins, plugins/main/tap/tap.go. */
export const tap: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("multiQueue", flag);
  fields.take("mtu", mtu);
  fields.take("mac", mac);
  for (const name of ["owner", "group"]) fields.take(name, uint32);
  fields.take("selinuxContext", text);
  fields.take("bridge", interfaceName);
  checkIpam(context, "optional");
};
