import { closest } from "../../crds/suggestion.ts";
import { CNI_VERSIONS, isAtLeast, type Layer3, type PluginContext } from "../context.ts";
import { section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkDhcp } from "./dhcp.ts";
import { checkHostLocal } from "./host-local.ts";
import { checkStatic } from "./static.ts";
import { checkWhereabouts } from "./whereabouts.ts";

/** Returns what is sure to be handed out; undefined if the configuration does not show it. */
type IpamCheck = (ipam: Section, context: PluginContext) => Layer3 | undefined;

const IPAMS = new Map<string, IpamCheck>([
  ["host-local", checkHostLocal],
  ["static", checkStatic],
  ["dhcp", checkDhcp],
  ["whereabouts", checkWhereabouts],
]);
/** Addresses given by a plugin of their own name, which no rule here knows. */
const OTHERS = ["calico-ipam", "azure-vnet-ipam", "nv-ipam", "ovn-k8s-cni-overlay", "spiderpool"];
/** Every IPAM plugin that is known here. */
export const IPAM_TYPES: readonly string[] = [...IPAMS.keys(), ...OTHERS];

/**
 * The `ipam` of a plugin that hands out addresses: required by those that refuse to work without one, else
 * optional: layer 2. Returns what it gives; undefined if the configuration does not show it.
 */
export function checkIpam(context: PluginContext, need: "required" | "optional"): Layer3 | undefined {
  const { fields, report, type, cniVersion } = context;
  const ipam = fields.take("ipam", section);
  const name = ipam?.take("type", text);
  if (ipam === undefined || name === undefined || name === "") {
    if (need === "required")
      report.error(
        ipam?.path ?? fields.path,
        "MISSING_IPAM",
        `"${type}" does not work without addresses; add "ipam" with a "type"`,
      );
    else if (ipam && !ipam.has("type") && !ipam.isEmpty)
      report.warn(ipam.path, "IPAM_WITHOUT_TYPE", 'has no "type": the interface gets no address at all');
    // Results before 0.3.0 cannot be without an address (cni/pkg/types/020).
    if (need === "optional" && CNI_VERSIONS.includes(cniVersion) && !isAtLeast(cniVersion, "0.3.0"))
      report.error(
        fields.path,
        "VERSION_TOO_LOW",
        `has no IPAM, which requires cniVersion 0.3.0 or later (it is ${cniVersion})`,
      );
    return { addresses: [], routes: [], ipv6: false };
  }
  const check = IPAMS.get(name);
  if (!check) {
    checkName(name, ipam, context);
    return undefined;
  }
  const layer3 = check(ipam, context);
  ipam.warnOfMisspellings();
  return layer3;
}

/** The kernel has no IPv6 on an interface below IPv6's least MTU (RFC 8200, 5). `mtu` is what the plugin sets, if it does. */
export function checkMtuOfIpv6(
  { fields, report }: PluginContext,
  mtu: number | undefined,
  layer3: Layer3 | undefined,
): void {
  if (mtu !== undefined && mtu > 0 && mtu < 1280 && layer3?.ipv6)
    report.error(
      fields.at("mtu"),
      "OUT_OF_RANGE",
      `must be 1280 or more, because the network has IPv6 addresses or routes (it is ${mtu})`,
    );
}

function checkName(name: string, ipam: Section, { report }: PluginContext): void {
  if (name.includes("/")) {
    report.error(
      ipam.at("type"),
      "PATH_IN_TYPE",
      "must be the name of a program, without a path (CVE-2021-20206)",
    );
    return;
  }
  const near = OTHERS.includes(name) ? undefined : closest(name, [...IPAMS.keys()]);
  if (near)
    report.warn(ipam.at("type"), "UNKNOWN_IPAM", `is not a known IPAM plugin; did you mean "${near}"?`, {
      suggestion: near,
    });
}
