import { type PluginCheck, requireChained, requireVersion } from "../context.ts";
import { oneOf, text } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/firewall/firewall.go: another backend silently means firewalld or iptables. */
export const firewall: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("backend", oneOf(["iptables", "firewalld"], "warning"));
  fields.take("ingressPolicy", oneOf(["open", "same-bridge", "isolated"]));
  for (const name of ["iptablesAdminChainName", "firewalldZone"]) fields.take(name, text);
  requireChained(context);
  requireVersion(context, "0.4.0");
};
