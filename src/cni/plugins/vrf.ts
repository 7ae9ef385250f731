import { type PluginCheck, requireChained, requireVersion } from "../context.ts";
import { interfaceName, uint32 } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/vrf/main.go. */
export const vrf: PluginCheck = (context) => {
  const { fields, report } = context;
  const name = fields.take("vrfname", interfaceName);
  if (name === "" || !fields.has("vrfname"))
    report.missing(fields.at("vrfname"), "the VRF that the interface joins");
  fields.take("table", uint32);
  requireChained(context);
  requireVersion(context, "0.3.1");
};
