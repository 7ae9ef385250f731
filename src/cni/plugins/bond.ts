import type { PluginCheck, PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { between, existingInterface, flag, list, oneOf, section, text } from "../kinds.ts";

const MODES = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
];
/** vishvananda/netlink, StringToBondXmitHashPolicyMap. */
const HASH_POLICIES = ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"];

/** k8snetworkplumbingwg/bond-cni, bond/bond.go and bond/util/validation.go. */
export const bond: PluginCheck = (context) => {
  const { fields, report } = context;
  const mode = fields.take("mode", text);
  if (mode !== undefined && !MODES.includes(mode)) report.notOneOf(fields.at("mode"), mode, MODES);
  else if (mode === undefined && !fields.has("mode"))
    report.missing(fields.at("mode"), `one of ${MODES.join(", ")}`);
  checkLinks(context);
  const miimon = fields.take("miimon", text);
  if (!fields.has("miimon"))
    report.missing(
      fields.at("miimon"),
      'the milliseconds between checks of the links, in quotes, such as "100"',
    );
  else if (miimon !== undefined && !/^[+-]?\d{1,18}$/.test(miimon))
    report.error(
      fields.at("miimon"),
      "WRONG_TYPE",
      `must be a whole number in quotes, such as "100" (it is ${show(miimon)})`,
    );
  fields.take("failOverMac", between(0, 2));
  fields.take("linksInContainer", flag);
  const mtu = fields.take("mtu", (value, path, at) =>
    value === 0 ? 0 : between(68, 65535)(value, path, at),
  );
  fields.take("allSlavesActive", between(0, 1));
  if (
    fields.take("tlbDynamicLb", between(0, 1)) !== undefined &&
    mode !== "balance-tlb" &&
    mode !== "balance-alb"
  )
    report.error(fields.at("tlbDynamicLb"), "CONTRADICTION", 'needs "mode" balance-tlb or balance-alb');
  const policy = fields.take("xmitHashPolicy", oneOf(HASH_POLICIES));
  if (policy === "") report.notOneOf(fields.at("xmitHashPolicy"), policy, HASH_POLICIES);
  const ipam = fields.take("ipam", section);
  if (ipam?.take("type", text) === "bond")
    report.error(ipam.at("type"), "NOT_ONE_OF", 'must not be "bond": it allocates no addresses');
  checkMtuOfIpv6(context, mtu, checkIpam(context, "optional"));
};

function checkLinks({ fields, report }: PluginContext): void {
  const links = fields.take("links", list(section)) ?? [];
  for (const [i, link] of links.entries()) {
    // A map, whose key is spelt just so.
    const name = link?.exactly("name");
    if (typeof name === "string") link?.take("name", existingInterface);
    else report.missing([...fields.at("links"), i, "name"], "the name of the interface, a string");
  }
  if (links.length < 2) report.missing(fields.at("links"), "at least two interfaces, each with its name");
}
