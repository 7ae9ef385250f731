import { checkPlugin, checkVersion } from "./check-plugin.ts";
import { CNI_VERSIONS, type Earlier } from "./context.ts";
import type { Finding } from "./finding.ts";
import { show } from "./finding.ts";
import { flag, text, texts } from "./kinds.ts";
import { Report } from "./report.ts";
import { isObject, type Kind, Section } from "./section.ts";

/** Checks a conflist that is a cluster's primary network, as an object (an inline delegate of a MultusInstall). */
export function checkConflist(conflist: unknown): Finding[] {
  const report = new Report();
  if (!isObject(conflist)) report.error([], "WRONG_TYPE", `must be an object (it is ${show(conflist)})`);
  else checkList(conflist, report, true);
  return report.entries.map(({ finding }) => finding);
}

const LIST_FIELDS = ["cniVersion", "cniVersions", "disableCheck", "disableGC", "loadOnlyInlinedPlugins"];

const flagOrWord: Kind<unknown> = (value, path, report) =>
  typeof value === "string" && /^(true|false)$/i.test(value) ? value : flag(value, path, report);

const VERSION = /^\d{1,9}(\.\d{1,9}){0,2}$/;

/** The version that the plugins are called with: of `cniVersions` and `cniVersion` the latest that libcni knows. */
function versionOfList(fields: Section, report: Report): string | undefined {
  if (!fields.has("cniVersions")) return checkVersion(fields, report);
  const single = fields.take("cniVersion", text);
  const versions = (fields.take("cniVersions", texts) ?? []).flatMap((entry, i) => {
    if (entry !== undefined && VERSION.test(entry)) return [entry];
    report.error([...fields.at("cniVersions"), i], "BAD_VERSION", "must be a version such as 1.0.0");
    return [];
  });
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

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const i of [0, 1, 2]) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** libcni/conf.go, NetworkConfFromBytes, whose keys are exact, and Multus' types.NetConfList. */
export function checkList(
  list: Record<string, unknown>,
  report: Report,
  primary: boolean,
  resourceName?: string,
): void {
  const fields = new Section(list, [], report);
  const version = versionOfList(fields, report);
  // libcni takes "true" for these; Multus' reader comes first, knows the first two, and does not.
  for (const name of ["disableCheck", "disableGC"]) fields.take(name, flag);
  fields.take("loadOnlyInlinedPlugins", flagOrWord);
  for (const name of LIST_FIELDS)
    if (Object.hasOwn(list, name) && list[name] === null)
      report.error([name], "WRONG_TYPE", "must not be null: leave it out instead");
  fields.knows(["name", "plugins"]);
  fields.warnOfMisspellings();
  if (!("plugins" in list) && fields.has("plugins")) {
    report.error(
      fields.at("plugins"),
      "UNKNOWN_FIELD",
      'must be spelt "plugins": libcni reads no other spelling',
      { suggestion: "plugins" },
    );
    return;
  }
  const { plugins } = list;
  if (!Array.isArray(plugins) || plugins.length === 0) {
    const message =
      plugins === undefined
        ? 'needs "type", or "plugins"'
        : `must be a list of at least one plugin (it is ${show(plugins)})`;
    report.error(
      plugins === undefined ? [] : ["plugins"],
      plugins === undefined ? "MISSING_FIELD" : "WRONG_TYPE",
      message,
    );
    return;
  }
  const before: Earlier[] = [];
  for (const [i, plugin] of plugins.entries()) {
    const path = ["plugins", i];
    if (!isObject(plugin)) report.error(path, "WRONG_TYPE", `must be an object (it is ${show(plugin)})`);
    else {
      const place = { path, report, cniVersion: version ?? "", before: [...before], primary, resourceName };
      before.push(checkPlugin(plugin, place));
    }
    // A list this long is no network; each plugin is a program that is run.
    if (i >= 63) break;
  }
}
