import type { PluginCheck, PluginContext } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { between, int, list, section, text, vethMtu } from "../kinds.ts";
import type { Section } from "../section.ts";

/** k8snetworkplumbingwg/ovs-cni, pkg/types/types.go, pkg/common/common.go; what else must fit is the OVS database's schema. */
export const ovs: PluginCheck = (context) => {
  const { fields, report, resourceName } = context;
  fields.take("bridge", text);
  fields.take("deviceID", text);
  const trunk = fields.take("trunk", list(section)) ?? [];
  fields.take("vlan", between(0, 4095));
  if (trunk.length > 0 && fields.has("vlan"))
    report.warn(fields.at("vlan"), "IGNORED", 'is ignored next to "trunk"');
  const mtu = fields.take("mtu", vethMtu);
  // 0 is none asked for.
  fields.take("ofport_request", (value, path, at) => (value === 0 ? 0 : between(1, 65279)(value, path, at)));
  for (const name of ["interface_type", "configuration_path", "socket_file"]) fields.take(name, text);
  for (const name of ["link_state_check_retries", "link_state_check_interval"]) fields.take(name, int);
  checkTrunk(trunk, context);
  // The pod's OvnPort argument or a device names the bridge too, and both come at run time.
  if (!fields.has("bridge") && !fields.has("deviceID") && resourceName === undefined)
    report.missing(fields.at("bridge"), "the OVS bridge, unless an OVN port or a device names it", "warning");
  checkMtuOfIpv6(context, mtu, checkIpam(context, "optional"));
};

/** SplitVlanIds: the ranges, each of minID to maxID, and the single ones; none at all is rejected. */
function checkTrunk(trunk: readonly (Section | undefined)[], { fields, report }: PluginContext): void {
  const named = trunk.map((item, i) => {
    if (item) return namesVlan(item);
    report.error([...fields.at("trunk"), i], "WRONG_TYPE", "must be an object: the plugin crashes on null");
    return true;
  });
  if (trunk.length > 0 && !named.includes(true))
    report.error(
      fields.at("trunk"),
      "MISSING_FIELD",
      'names no VLAN: each item needs "id", or "minID" and "maxID" from 1',
    );
}

/** Whether the item names a VLAN, or tries to: a value out of range is reported already. */
function namesVlan(item: Section): boolean {
  const [min, max, single] = ["minID", "maxID", "id"].map((name) => item.take(name, between(0, 4096)));
  item.warnOfMisspellings();
  const { report } = item;
  if (max !== undefined && (min ?? 0) > max)
    report.error(
      item.at(item.has("minID") ? "minID" : "maxID"),
      "REVERSED_RANGE",
      `is greater than maxID (${min} and ${max})`,
    );
  if (item.has("minID") !== item.has("maxID"))
    report.warn(item.path, "IGNORED", 'is ignored: "minID" and "maxID" go together');
  if (single !== undefined || ((min ?? 0) > 0 && (max ?? 0) > 0)) return true;
  return (
    item.has("id") || (item.has("minID") && min === undefined) || (item.has("maxID") && max === undefined)
  );
}
