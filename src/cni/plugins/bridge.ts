import type { PluginCheck, PluginContext } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { between, flag, int, interfaceName, list, section, text } from "../kinds.ts";
import { ipMasqBackend } from "./masquerade.ts";

const FLAGS = [
  "forceAddress",
  "isGateway",
  "macspoofchk",
  "enabledad",
  "portIsolation",
  "preserveDefaultVlan",
];

/** containernetworking/plugins, plugins/main/bridge/bridge.go. */
export const bridge: PluginCheck = (context) => {
  const { fields, report, primary } = context;
  if (fields.take("bridge", interfaceName) === "")
    report.error(fields.at("bridge"), "MISSING_FIELD", "must name a bridge; left out it is cni0");
  for (const name of FLAGS) fields.take(name, flag);
  if (fields.take("isDefaultGateway", flag) && !primary)
    report.warn(
      fields.at("isDefaultGateway"),
      "DEFAULT_ROUTE",
      "gives the pod a second default route beside its primary network's",
    );
  ipMasqBackend(fields, fields.take("ipMasq", flag) === true);
  const hairpin = fields.take("hairpinMode", flag);
  if (fields.take("promiscMode", flag) && hairpin)
    report.error(fields.at("promiscMode"), "CONTRADICTION", 'cannot be set together with "hairpinMode"');
  // A negative one is ignored.
  fields.take("mtu", int);
  fields.take("vlan", between(0, 4094));
  checkTrunk(context);
  const bare = fields.take("disableContainerInterface", flag);
  const ipam = fields.take("ipam", section);
  if (bare && ipam && (ipam.take("type", text) ?? "") !== "")
    report.error(ipam.path, "CONTRADICTION", 'cannot be used together with "disableContainerInterface"');
  else checkIpam(context, "optional");
};

function checkTrunk({ fields, report }: PluginContext): void {
  for (const item of fields.take("vlanTrunk", list(section)) ?? []) {
    if (!item) continue;
    const id = between(1, 4094);
    item.take("id", id);
    const min = item.take("minID", id);
    const max = item.take("maxID", id);
    item.warnOfMisspellings();
    if (item.has("minID") !== item.has("maxID"))
      report.error(item.path, "MISSING_FIELD", 'needs "minID" and "maxID" together');
    if (min !== undefined && max !== undefined && min > max)
      report.error(item.at("minID"), "REVERSED_RANGE", `is greater than maxID (${min} and ${max})`);
  }
}
