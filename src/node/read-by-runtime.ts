import { isMultusConfName, isMultusTemporary } from "./conf-file.ts";
import type { Host } from "./host.ts";
import { confFiles, MULTUS_PROGRAMS } from "./inspect.ts";

/**
 * Whether a runtime reads a previous directory rather than the new one, as far as others' files show: its primary network is
 * in the directories that it reads. Without Multus' files there every new pod could fail.
 */

/** Why the previous configuration directory stays as it is; undefined if it may be cleaned. */
export async function whyConfDirStays(
  host: Host,
  previous: string,
  confDir: string,
): Promise<string | undefined> {
  const isRead = (await plugins(host, previous)).length > 0 && (await plugins(host, confDir)).length === 0;
  return isRead ? `has configurations of other plugins, and ${confDir} has none` : undefined;
}

/** The same for the directory of programs. @param confDir the configuration directory that Multus has now */
export async function whyBinDirStays(
  host: Host,
  previous: string,
  binDir: string,
  confDir: string,
): Promise<string | undefined> {
  const [before, now] = [await programs(host, previous), await programs(host, binDir)];
  if (before.size > 0 && now.size === 0) return `has programs of other plugins, and ${binDir} has none`;
  // A package of the operating system may have put programs into any of them.
  const missing = (await plugins(host, confDir)).find((type) => before.has(type) && !now.has(type));
  if (missing === undefined) return undefined;
  return `has ${missing}, which a configuration in ${confDir} calls and ${binDir} does not have`;
}

/** What configurations of others call. */
async function plugins(host: Host, confDir: string): Promise<string[]> {
  const names = (await host.entries(confDir)).map(({ name }) => name);
  const files = await confFiles(host, confDir, names);
  return files
    .filter(({ name, isMultus }) => !isMultusConfName(name) && !isMultus)
    .flatMap(({ pluginTypes = [] }) => pluginTypes);
}

/** The programs of others. */
async function programs(host: Host, binDir: string): Promise<Set<string>> {
  const found = (await host.entries(binDir)).filter((entry) => entry.isFile() || entry.isSymbolicLink());
  const names = found.map(({ name }) => name);
  return new Set(names.filter((name) => !MULTUS_PROGRAMS.includes(name) && !isMultusTemporary(name)));
}
