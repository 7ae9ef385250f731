import { closest } from "../crds/suggestion.ts";
import { CNI_VERSIONS, type PluginContext, type PodRequest, type PreviousPlugin } from "./context.ts";
import { checkDns } from "./dns.ts";
import type { Path } from "./finding.ts";
import { show } from "./finding.ts";
import { IPAM_TYPES } from "./ipam/ipam.ts";
import { flag, isOfOneStation, mapOf, object, section, text } from "./kinds.ts";
import { OTHER_PLUGINS, PLUGINS, unknownPlugin } from "./plugins/plugins.ts";
import type { Report } from "./report.ts";
import { Section } from "./section.ts";

export interface PluginPlace {
  path: Path;
  report: Report;
  /** Of the list; the plugin's own counts where it is undefined. */
  cniVersion: string | undefined;
  before: readonly PreviousPlugin[];
  after: readonly string[];
  primary: boolean;
  resourceName?: string | undefined;
  request?: PodRequest | undefined;
}

/**
 * One plugin's configuration: the fields that every plugin shares (cni/pkg/types, PluginConf), which libcni
 * and Multus decode whatever the type is, then those of its type. Returns what later plugins of the list find.
 */
export function checkPlugin(value: Record<string, unknown>, place: PluginPlace): PreviousPlugin {
  const { report, before, after, primary, request } = place;
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
    if (type === "" || !fields.has("type")) report.missing(fields.at("type"), "the plugin's name");
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
    after,
    request,
    primary,
    capabilities,
    resourceName,
  };
  checkInterface(context);
  const check = PLUGINS.get(type);
  if (check) {
    check(context);
    fields.warnOfMisspellings();
    warnOfForeignFields(context);
  } else unknownPlugin(context);
  checkRequestedMac(context);
  return { ...left(type, ipam?.take("type", text), before), interface: madeBy(context) };
}

const OF_IPAM = [
  "addresses",
  "gateway",
  "ipRanges",
  "range",
  "ranges",
  "rangeStart",
  "rangeEnd",
  "routes",
  "subnet",
];
const OF_VLANS = ["trunk", "vlan", "vlanId", "vlanTrunk"];
const OF_INTERFACES = ["bridge", "device", "master", "mode", "mtu"];

/** Fields that other plugins have, copied into this one: it works, but not as meant. */
function warnOfForeignFields({ fields, type }: PluginContext): void {
  fields.warnOfMisplaced(OF_IPAM, 'it belongs in "ipam"');
  const vlan = fields.has("master")
    ? 'name a VLAN interface of the node such as "eth0.100" as master, or use the plugin "vlan"'
    : 'use a plugin that has it, such as "vlan"';
  fields.warnOfMisplaced(OF_VLANS, `"${type}" sets no VLAN; ${vlan}`);
  fields.warnOfMisplaced(OF_INTERFACES, `"${type}" has no such field`);
}

const UNKNOWN: PreviousPlugin = { type: "", addresses: undefined, veth: undefined, interface: undefined };

/** Plugins that make an interface of the name that the runtime gives. sriov and its like may only pass a device on. */
const MAKES = ["macvlan", "ipvlan", "bridge", "cnv-bridge", "vlan", "ptp", "tap", "dummy", "ovs", "bond"];

function makesInterface({ type, fields }: PluginContext): boolean {
  if (type === "host-device")
    return ["device", "hwaddr"].some((name) => (fields.take(name, text) ?? "") !== "");
  return MAKES.includes(type); // bridge's disableContainerInterface leaves it down, and makes it all the same
}

function madeBy(context: PluginContext): boolean | undefined {
  if (makesInterface(context)) return true;
  if (CHANGES.includes(context.type)) return context.before.at(-1)?.interface;
  return context.before.some((previous) => previous.interface) ? true : undefined;
}

/** Every plugin of a list gets one interface name (CNI_IFNAME): the second that makes an interface finds it taken. */
function checkInterface(context: PluginContext): void {
  const { before, fields, report, type } = context;
  if (before.at(-1)?.interface !== true || !makesInterface(context)) return;
  const first = before.find((previous) => previous.interface)?.type ?? "";
  report.error(
    fields.at("type"),
    "SECOND_INTERFACE",
    `"${type}" creates the pod's interface, which "${first}" in this list already created; use one NAD per plugin`,
  );
}

/** Plugins that give the interface the MAC address that a pod requests, and pass it to the kernel (MacEnvArgs). tap checks its own. */
const SETS_MAC = ["macvlan", "bridge", "cnv-bridge", "tuning", "cnv-tuning"];

function checkRequestedMac({ type, fields, report, request }: PluginContext): void {
  const mac = request?.mac;
  if (!mac || !SETS_MAC.includes(type) || isOfOneStation(mac)) return;
  report.error(
    fields.at("type"),
    "BAD_MAC",
    `"${type}" cannot set the MAC address ${show(mac)}: the kernel rejects group addresses (with an odd first byte) and all 0`,
  );
}

/** Plugins that change what others made, and those whose interface is not a veth. */
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

function left(
  type: string,
  ipam: string | undefined,
  before: readonly PreviousPlugin[],
): Omit<PreviousPlugin, "interface"> {
  const last = before.at(-1);
  if (CHANGES.includes(type)) return { ...(last ?? UNKNOWN), type };
  if (!PLUGINS.has(type) || last) return { ...UNKNOWN, type };
  const veth = NO_VETH.includes(type) ? false : undefined;
  // Addresses of an IPAM that is not known here are there too: an IPAM without any is an error.
  return { type, addresses: ipam !== undefined && ipam !== "", veth };
}

/** False if nothing more can be said of the plugin. */
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
  if (PLUGINS.has(type) || OTHER_PLUGINS.includes(type)) return true;
  if (IPAM_TYPES.includes(type)) {
    report.warn(
      fields.at("type"),
      "UNKNOWN_PLUGIN",
      `is an IPAM plugin, which makes no interface: name it in "ipam" of a plugin such as "macvlan" (it is ${show(type)})`,
      { value: show(type) },
    );
    return true;
  }
  const near = closest(type, [...PLUGINS.keys(), ...OTHER_PLUGINS, ...IPAM_TYPES]);
  if (near)
    report.warn(fields.at("type"), "UNKNOWN_PLUGIN", `is not a known plugin; did you mean "${near}"?`, {
      value: show(type),
      suggestion: near,
    });
  return true;
}

/** A version that libcni and the plugins know; unknown ones every plugin of the standard set rejects. */
export function checkVersion(fields: Section, report: Report): string | undefined {
  const version = fields.take("cniVersion", text);
  if (version !== undefined && version !== "" && !CNI_VERSIONS.includes(version))
    report.notOneOf(fields.at("cniVersion"), version, CNI_VERSIONS);
  return version;
}
