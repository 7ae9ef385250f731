import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { flag, mapOf, oneOf, section, text } from "../kinds.ts";
import { checkDevice } from "./device.ts";

/** k8snetworkplumbingwg/ib-sriov-cni, pkg/types/types.go, pkg/config/config.go and cmd/ib-sriov-cni/main.go. */
export const ibSriov: PluginCheck = (context) => {
  const { fields, report } = context;
  checkDevice(context);
  fields.take("pkey", text);
  fields.take("link_state", oneOf(["auto", "enable", "disable"]));
  for (const name of ["rdmaIsolation", "ibKubernetesEnabled", "vfioPciMode"]) fields.take(name, flag);
  fields.take("args", section)?.take("cni", mapOf(text));
  fields.knows(["master", "vfid", "hostIFNames", "hostIFGUID", "contIFNames", "rdmaNetState"]);
  const ipam = fields.take("ipam", section);
  if (ipam?.take("type", text) === "dhcp")
    report.error(ipam.at("type"), "CONTRADICTION", 'must not be "dhcp": InfiniBand interfaces cannot use it');
  checkIpam(context, "optional");
};
