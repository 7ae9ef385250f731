import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { flag, int } from "../kinds.ts";
import { ipMasqBackend } from "./masquerade.ts";

/** containernetworking/plugins, plugins/main/ptp/ptp.go. */
export const ptp: PluginCheck = (context) => {
  const { fields } = context;
  ipMasqBackend(fields, fields.take("ipMasq", flag) === true);
  fields.take("mtu", int);
  checkIpam(context, "required");
};
