import { checkPlugin, checkVersion } from "./check-plugin.ts";
import { CNI_VERSIONS, isAtLeast, type PodRequest, type PreviousPlugin } from "./context.ts";
import type { Finding } from "./finding.ts";
import { show } from "./finding.ts";
import { flag, text, texts } from "./kinds.ts";
import { Report } from "./report.ts";
import { isObject, type Kind, Section } from "./section.ts";

/** Checks a conflist that is a cluster's primary network, as an object (an inline delegate of a MultusInstall). */
export function checkConflist(conflist: unknown): Finding[] {
  const report = new Report();
  if (!isObject(conflist)) report.error([], "WRONG_TYPE", `must be an object (it is ${show(conflist)})`);
  else checkList(conflist, report, { primary: true });
  return report.entries.map(({ finding }) => finding);
}

interface ListOptions {
  primary: boolean;
  resourceName?: string | undefined;
  request?: PodRequest | undefined;
}

/** Fields of plugins that have no meaning in the list itself. */
const OF_A_PLUGIN = ["capabilities", "ipam", "args", "runtimeConfig", "dns", "prevResult"];

/**
 * Results before 0.3.0 name no interface (cni/pkg/types/020), so that Multus reports none in network-status
 * (CreateNetworkStatuses). Of a list without a version, Multus up to v4.3.0 keeps at DEL only the fields that every
 * plugin shares (CmdDel marshals its NetConfList), so that the IPAM cannot release the address.
 */
export function warnOfOldVersion(
  fields: Section,
  version: string | undefined,
  report: Report,
  isList: boolean,
): void {
  if (version !== undefined && version !== "") {
    if (CNI_VERSIONS.includes(version) && !isAtLeast(version, "0.3.0"))
      report.warn(
        fields.at(fields.has("cniVersion") ? "cniVersion" : "cniVersions"),
        "VERSION_TOO_LOW",
        `must be 0.3.0 or later for Multus to report the interface in network-status (it is ${version})`,
      );
    return;
  }
  if (fields.has("cniVersion") && version === undefined) return; // of the wrong type, which is reported
  const inside = isList && hasVersionInside(fields);
  report.warn(
    fields.at("cniVersion"),
    "MISSING_CNI_VERSION",
    `Required: ${inside ? 'it belongs next to "plugins", and inside a plugin it has no effect; ' : ""}without it version 0.1.0 is assumed, and Multus reports no interface in network-status${isList ? ", and up to v4.3.0 its DEL does not release the address" : ""}`,
  );
}

function hasVersionInside(fields: Section): boolean {
  const plugins = fields.exactly("plugins");
  return Array.isArray(plugins) && plugins.some((plugin) => isObject(plugin) && "cniVersion" in plugin);
}

const LIST_FIELDS = ["cniVersion", "cniVersions", "disableCheck", "disableGC", "loadOnlyInlinedPlugins"];

const flagOrWord: Kind<unknown> = (value, path, report) =>
  typeof value === "string" && /^(true|false)$/i.test(value) ? value : flag(value, path, report);

const VERSION = /^\d{1,9}(\.\d{1,9}){0,2}$/;

/** The version that the plugins are called with: the latest in `cniVersions` and `cniVersion` that libcni knows. */
function versionOfList(fields: Section, report: Report): string | undefined {
  if (!fields.has("cniVersions")) return checkVersion(fields, report);
  const single = fields.take("cniVersion", text);
  const versions = readVersions(fields, report);
  if (single !== undefined && single !== "" && !VERSION.test(single)) {
    report.error(
      fields.at("cniVersion"),
      "BAD_VERSION",
      `must be a version such as 1.0.0 (it is ${show(single)})`,
    );
    return single;
  }
  const newest = CNI_VERSIONS.at(-1) ?? "";
  const known = [...versions, ...(single ? [single] : [])]
    .filter((version) => compareVersions(version, newest) <= 0)
    .toSorted(compareVersions);
  const chosen = known.at(-1) ?? single;
  if (chosen && !CNI_VERSIONS.includes(chosen))
    report.notOneOf(
      fields.at(versions.includes(chosen) ? "cniVersions" : "cniVersion"),
      chosen,
      CNI_VERSIONS,
    );
  return chosen;
}

function readVersions(fields: Section, report: Report): string[] {
  return (fields.take("cniVersions", texts) ?? []).flatMap((entry, i) => {
    if (entry !== undefined && VERSION.test(entry)) return [entry];
    report.error([...fields.at("cniVersions"), i], "BAD_VERSION", "must be a version such as 1.0.0");
    return [];
  });
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const i of [0, 1, 2]) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** libcni/conf.go, NetworkConfFromBytes, whose keys are exact, and Multus' types.NetConfList. */
export function checkList(list: Record<string, unknown>, report: Report, options: ListOptions): void {
  const fields = new Section(list, [], report);
  const version = versionOfList(fields, report);
  if (!options.primary) warnOfOldVersion(fields, version, report, true);
  // libcni takes "true" for these; Multus' reader comes first, knows the first two, and does not.
  for (const name of ["disableCheck", "disableGC"]) fields.take(name, flag);
  fields.take("loadOnlyInlinedPlugins", flagOrWord);
  for (const name of LIST_FIELDS)
    if (Object.hasOwn(list, name) && list[name] === null)
      report.error([name], "WRONG_TYPE", "must not be null; remove the field");
  fields.knows(["name", "plugins", ...OF_A_PLUGIN]);
  fields.warnOfMisspellings();
  const plugins = readPlugins(list, fields, report);
  if (!plugins) return;
  for (const name of OF_A_PLUGIN)
    if (fields.has(name))
      report.warn(
        fields.at(name),
        "IGNORED",
        'has no effect next to "plugins": libcni reads it inside each plugin of the list',
      );
  checkPlugins(plugins, version ?? "", report, options);
}

/** Undefined, and reported, if the list has no plugin. */
function readPlugins(
  list: Record<string, unknown>,
  fields: Section,
  report: Report,
): readonly unknown[] | undefined {
  const { plugins } = list;
  if (!("plugins" in list) && fields.has("plugins"))
    report.error(
      fields.at("plugins"),
      "UNKNOWN_FIELD",
      'must be spelled "plugins": libcni reads no other spelling',
      { suggestion: "plugins" },
    );
  else if (plugins === undefined)
    report.missing(["type"], 'the plugin\'s name, or "plugins", a list of plugins');
  else if (!Array.isArray(plugins) || plugins.length === 0)
    report.error(["plugins"], "WRONG_TYPE", `must be a list of at least one plugin (it is ${show(plugins)})`);
  else return plugins;
  return undefined;
}

/** A longer list is not a network; each plugin is a program that is run. */
const MAX_PLUGINS = 64;

function checkPlugins(
  plugins: readonly unknown[],
  cniVersion: string,
  report: Report,
  options: ListOptions,
): void {
  const types = plugins.map((plugin) => (isObject(plugin) ? String(plugin.type ?? "") : ""));
  const before: PreviousPlugin[] = [];
  for (const [i, plugin] of plugins.slice(0, MAX_PLUGINS).entries()) {
    const path = ["plugins", i];
    if (!isObject(plugin)) {
      report.error(path, "WRONG_TYPE", `must be an object (it is ${show(plugin)})`);
      continue;
    }
    const place = { path, report, cniVersion, before: [...before], after: types.slice(i + 1, MAX_PLUGINS) };
    before.push(checkPlugin(plugin, { ...place, ...options }));
  }
}
