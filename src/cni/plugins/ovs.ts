import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { between, int, list, section, text } from "../kinds.ts";

/** k8snetworkplumbingwg/ovs-cni, pkg/types/types.go and pkg/plugin/plugin.go. */
export const ovs: PluginCheck = (context) => {
  const { fields, report } = context;
  fields.take("bridge", text);
  fields.take("deviceID", text);
  fields.take("vlan", between(0, 4094));
  fields.take("mtu", int);
  fields.take("ofport_request", between(1, 65279));
  fields.take("interface_type", text);
  for (const item of fields.take("trunk", list(section)) ?? []) {
    if (!item) continue;
    const id = between(0, 4096);
    const [min, max] = [item.take("minID", id), item.take("maxID", id)];
    item.take("id", id);
    item.warnOfMisspellings();
    if (item.has("minID") !== item.has("maxID"))
      report.error(item.path, "MISSING_FIELD", 'needs "minID" and "maxID" together');
    if (min !== undefined && max !== undefined && min > max)
      report.error(item.at("minID"), "REVERSED_RANGE", `is greater than maxID (${min} and ${max})`);
  }
  // The pod's OvnPort argument or a device names the bridge too, and both come at run time.
  if (!fields.has("bridge") && !fields.has("deviceID"))
    report.warn(fields.path, "MISSING_FIELD", 'needs "bridge" unless an OVN port or a device tells it');
  fields.knows([
    "configuration_path",
    "socket_file",
    "link_state_check_retries",
    "link_state_check_interval",
  ]);
  checkIpam(context, "optional");
};
