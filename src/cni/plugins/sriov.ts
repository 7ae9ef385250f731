import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { between, int, mac, oneOf, text } from "../kinds.ts";
import { checkDevice } from "./device.ts";

const PROTOCOLS = ["802.1q", "802.1ad"];

/** k8snetworkplumbingwg/sriov-cni, pkg/config/config.go (LoadConf) and pkg/sriov/sriov.go (ApplyVFConfig). */
export const sriov: PluginCheck = (context) => {
  const { fields, report } = context;
  checkDevice(context);
  fields.take("mac", mac);
  const tag = fields.take("vlan", between(0, 4094));
  const qos = fields.take("vlanQoS", between(0, 7));
  const protocol = fields.take("vlanProto", text)?.toLowerCase();
  // Even a 0 is rejected without "vlan": both are pointers.
  for (const name of ["vlanQoS", "vlanProto"])
    if (fields.has(name) && !fields.has("vlan"))
      report.error(fields.at(name), "CONTRADICTION", 'requires "vlan" next to it');
  if (protocol !== undefined && !PROTOCOLS.includes(protocol) && fields.has("vlan"))
    report.notOneOf(fields.at("vlanProto"), protocol, PROTOCOLS);
  if (tag === 0 && qos !== undefined && qos !== 0)
    report.error(fields.at("vlanQoS"), "CONTRADICTION", 'needs a "vlan" other than 0');
  if (tag === 0 && protocol === "802.1ad")
    report.error(fields.at("vlanProto"), "CONTRADICTION", 'needs a "vlan" other than 0');
  // Whatever is not "on" means off.
  for (const name of ["spoofchk", "trust"]) fields.take(name, oneOf(["on", "off"], "warning"));
  fields.take("link_state", oneOf(["auto", "enable", "disable"]));
  const least = fields.take("min_tx_rate", int);
  const most = fields.take("max_tx_rate", int);
  // 0 is no limit. Drivers reject it (ndo_set_vf_rate).
  if (least !== undefined && most !== undefined && most !== 0 && least > most)
    report.error(fields.at("min_tx_rate"), "REVERSED_RANGE", "is greater than max_tx_rate");
  fields.take("logLevel", text);
  fields.take("logFile", text);
  fields.knows(["master", "mtu", "vfid", "origVfState"]);
  checkIpam(context, "optional");
};
