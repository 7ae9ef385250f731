import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";

/** containernetworking/plugins, plugins/main/dummy/dummy.go. */
export const dummy: PluginCheck = (context) => checkIpam(context, "required");
