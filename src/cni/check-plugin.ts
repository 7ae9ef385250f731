import { closest } from "../crds/suggestion.ts";
import { CNI_VERSIONS, type Earlier, type PluginContext } from "./context.ts";
import { checkDns } from "./dns.ts";
import type { Path } from "./finding.ts";
import { show } from "./finding.ts";
import { flag, mapOf, object, section, text } from "./kinds.ts";
import { OTHER_PLUGINS, PLUGINS, unknownPlugin } from "./plugins/plugins.ts";
import type { Report } from "./report.ts";
import { Section } from "./section.ts";

export interface PluginPlace {
  path: Path;
  report: Report;
  /** Of the list; the plugin's own counts where it is undefined. */
  cniVersion: string | undefined;
  before: readonly Earlier[];
  primary: boolean;
  resourceName?: string | undefined;
}

/**
 * One plugin's configuration: the fields that every plugin shares (cni/pkg/types, PluginConf), which libcni
 * and Multus decode whatever the type is, then those of its type. Returns what later plugins of the list find.
 */
export function checkPlugin(value: Record<string, unknown>, place: PluginPlace): Earlier {
  const { report, before, primary } = place;
  const fields = new Section(value, place.path, report);
  const type = fields.take("type", text);
  const own = fields.take("cniVersion", text);
  fields.take("name", text);
  const ipam = fields.take("ipam", section);
  ipam?.take("type", text);
  checkDns(fields);
  fields.take("prevResult", object);
  fields.knows([
    "args",
    "runtimeConfig",
    "cni.dev/valid-attachments",
    "cniVersions",
    "plugins",
    "disableCheck",
    "disableGC",
    "loadOnlyInlinedPlugins",
  ]);
  const declared = fields.take("capabilities", mapOf(flag)) ?? new Map<string, boolean>();
  const capabilities = new Set([...declared].filter(([, on]) => on).map(([name]) => name));
  if (type === undefined || type === "") {
    if (type === "" || !fields.has("type"))
      report.error(place.path, "MISSING_FIELD", 'needs "type", the plugin\'s name');
    return UNKNOWN;
  }
  if (!checkType(type, fields, report)) return UNKNOWN;
  // libcni fills in 0.1.0 (cni/pkg/version/conf.go).
  const cniVersion = (place.cniVersion ?? own) || "0.1.0";
  const { resourceName } = place;
  const context: PluginContext = {
    type,
    fields,
    report,
    cniVersion,
    before,
    primary,
    capabilities,
    resourceName,
  };
  const check = PLUGINS.get(type);
  if (check) {
    check(context);
    fields.warnOfMisspellings();
  } else unknownPlugin(context);
  return left(type, ipam?.take("type", text), before);
}

const UNKNOWN: Earlier = { type: "", addresses: undefined, veth: undefined };

/** Plugins that change what others made, and those whose interface is no veth. */
const CHANGES = ["tuning", "cnv-tuning", "sbr", "vrf", "portmap", "bandwidth", "firewall", "rdma"];
const NO_VETH = [
  "macvlan",
  "ipvlan",
  "vlan",
  "host-device",
  "tap",
  "dummy",
  "ib-sriov",
  "ib-sriov-cni",
  "sriov",
  "bond",
];

function left(type: string, ipam: string | undefined, before: readonly Earlier[]): Earlier {
  const last = before.at(-1);
  if (CHANGES.includes(type)) return { ...(last ?? UNKNOWN), type };
  if (!PLUGINS.has(type) || last) return { ...UNKNOWN, type };
  const veth = NO_VETH.includes(type) ? false : undefined;
  // Addresses of an IPAM that is not known here are there too: an IPAM without any is an error.
  return { type, addresses: ipam !== undefined && ipam !== "", veth };
}

/** False where nothing more can be said of the plugin. */
function checkType(type: string, fields: Section, report: Report): boolean {
  if (type.includes("/")) {
    report.error(
      fields.at("type"),
      "PATH_IN_TYPE",
      `must be the name of a program, without a path (CVE-2021-20206; it is ${show(type)})`,
      {
        value: show(type),
      },
    );
    return false;
  }
  const known = [...PLUGINS.keys()];
  if (PLUGINS.has(type) || OTHER_PLUGINS.includes(type)) return true;
  const near = closest(type, known);
  if (near)
    report.warn(fields.at("type"), "UNKNOWN_PLUGIN", `is no plugin known here; did you mean "${near}"?`, {
      value: show(type),
      suggestion: near,
    });
  return true;
}

/** A version that libcni and the plugins know; unknown ones every plugin of the standard set refuses. */
export function checkVersion(fields: Section, report: Report): string | undefined {
  const version = fields.take("cniVersion", text);
  if (version !== undefined && version !== "" && !CNI_VERSIONS.includes(version))
    report.notOneOf(fields.at("cniVersion"), version, CNI_VERSIONS);
  return version;
}
