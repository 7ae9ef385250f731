import type { PluginCheck } from "../context.ts";
import { show } from "../finding.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { between, flag, interfaceName, list, mac, section, text } from "../kinds.ts";

const MODES = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
];

/** k8snetworkplumbingwg/bond-cni, bond/bond.go. */
export const bond: PluginCheck = (context) => {
  const { fields, report } = context;
  const mode = fields.take("mode", text);
  // The kernel's netlink library takes the number of a mode too.
  if (mode !== undefined && !MODES.includes(mode) && !/^[0-6]$/.test(mode))
    report.notOneOf(fields.at("mode"), mode, MODES);
  const links = fields.take("links", list(section));
  for (const link of links ?? []) link?.take("name", interfaceName);
  if ((links?.length ?? 0) < 2)
    report.error(
      fields.at("links"),
      "MISSING_FIELD",
      "must list at least two interfaces, each with its name",
    );
  const miimon = fields.take("miimon", text);
  if (miimon !== undefined && !/^[+-]?\d{1,18}$/.test(miimon))
    report.error(
      fields.at("miimon"),
      "WRONG_TYPE",
      `must be a whole number in quotes, such as "100" (it is ${show(miimon)})`,
    );
  fields.take("failOverMac", between(0, 2));
  fields.take("linksInContainer", flag);
  fields.take("mtu", between(0, Number.MAX_SAFE_INTEGER));
  fields.take("allSlavesActive", between(0, 1));
  fields.take("tlbDynamicLb", between(0, 1));
  fields.take("xmitHashPolicy", text);
  fields.take("mac", mac);
  fields.knows(["ifname", "linksContNs"]);
  checkIpam(context, "optional");
};
