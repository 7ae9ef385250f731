import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { between, mac, oneOf, text, uint64 } from "../kinds.ts";

/** k8snetworkplumbingwg/sriov-cni, pkg/config/config.go. `deviceID` comes from the device plugin. */
export const sriov: PluginCheck = (context) => {
  const { fields, report } = context;
  fields.take("deviceID", text);
  fields.take("mac", mac);
  const tag = fields.take("vlan", between(0, 4094)) ?? 0;
  const qos = fields.take("vlanQoS", between(0, 7)) ?? 0;
  const protocol = (fields.take("vlanProto", text) ?? "").toLowerCase();
  if (protocol !== "" && !["802.1q", "802.1ad"].includes(protocol))
    report.notOneOf(fields.at("vlanProto"), protocol, ["802.1q", "802.1ad"]);
  if (qos !== 0 && tag === 0)
    report.error(fields.at("vlanQoS"), "CONTRADICTION", 'needs a "vlan" other than 0');
  if (protocol === "802.1ad" && tag === 0)
    report.error(fields.at("vlanProto"), "CONTRADICTION", 'needs a "vlan" other than 0');
  for (const name of ["spoofchk", "trust"]) fields.take(name, oneOf(["on", "off"]));
  fields.take("link_state", oneOf(["auto", "enable", "disable"]));
  const least = fields.take("min_tx_rate", uint64);
  const most = fields.take("max_tx_rate", uint64);
  if (least !== undefined && most !== undefined && most !== 0 && least > most)
    report.error(fields.at("min_tx_rate"), "REVERSED_RANGE", "is greater than max_tx_rate");
  fields.knows(["logLevel", "logFile"]);
  checkIpam(context, "optional");
};
