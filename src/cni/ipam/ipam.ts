import { closest } from "../../crds/suggestion.ts";
import { CNI_VERSIONS, isAtLeast, type PluginContext } from "../context.ts";
import { section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkDhcp } from "./dhcp.ts";
import { checkHostLocal } from "./host-local.ts";
import { checkStatic } from "./static.ts";
import { checkWhereabouts } from "./whereabouts.ts";

const IPAMS = new Map<string, (ipam: Section, context: PluginContext) => void>([
  ["host-local", checkHostLocal],
  ["static", checkStatic],
  ["dhcp", checkDhcp],
  ["whereabouts", checkWhereabouts],
]);
/** Addresses given by a plugin of their own name, which no rule here knows. */
const OTHERS = ["calico-ipam", "azure-vnet-ipam", "nv-ipam", "ovn-k8s-cni-overlay", "spiderpool"];

/**
 * The `ipam` of a plugin that hands out addresses: required by those that refuse to work without one, else
 * optional: layer 2.
 */
export function checkIpam(context: PluginContext, need: "required" | "optional"): void {
  const { fields, report, type, cniVersion } = context;
  const ipam = fields.take("ipam", section);
  const name = ipam?.take("type", text);
  if (ipam === undefined || name === undefined || name === "") {
    if (need === "required")
      report.error(
        ipam?.path ?? fields.path,
        "MISSING_IPAM",
        `"${type}" does not work without addresses: "ipam" with a "type" is needed`,
      );
    else if (ipam && !ipam.has("type"))
      report.warn(ipam.path, "IPAM_WITHOUT_TYPE", 'has no "type": the interface gets no address at all');
    // Results before 0.3.0 cannot be without an address (cni/pkg/types/020).
    if (need === "optional" && CNI_VERSIONS.includes(cniVersion) && !isAtLeast(cniVersion, "0.3.0"))
      report.error(
        fields.path,
        "VERSION_TOO_LOW",
        `has no IPAM, which needs cniVersion 0.3.0 or later (it is ${cniVersion})`,
      );
    return;
  }
  const check = IPAMS.get(name);
  if (check) {
    check(ipam, context);
    ipam.warnOfMisspellings();
  } else checkName(name, ipam, context);
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
    report.warn(ipam.at("type"), "UNKNOWN_IPAM", `is no IPAM plugin known here; did you mean "${near}"?`, {
      suggestion: near,
    });
}
