import type { NodeFiles } from "../multus/node-files.ts";
import type { PreviousDirectories } from "../multus/previous-directories.ts";
import { GUARD_FILE } from "../render/rollout-guard.ts";
import type { CleaningReport } from "./cleaning-report.ts";
import { isMultusConfName, isMultusTemporary, parseConfFile } from "./conf-file.ts";
import { removeConfiguration, restoreRenamed } from "./conf-removal.ts";
import { MAX_CONF_BYTES, Removal, type RemovalOptions } from "./file-removal.ts";
import { CACHE_DIR, DAEMON_SOCKET, SOCKET_DIR } from "./host.ts";
import { MULTUS_PROGRAMS } from "./inspect.ts";
import { removePlugins } from "./plugin-removal.ts";
import { whyBinDirStays, whyConfDirStays } from "./read-by-runtime.ts";
import { removeWhereaboutsFiles, removeWhereaboutsProgram } from "./whereabouts-removal.ts";

export interface LeftoverOptions extends RemovalOptions {
  /** What the Multus that runs here has. */
  runs: NodeFiles;
  /** A runtime that calls at a pod's end what it called at its start (CRI-O): programs and kubeconfig stay. */
  keepPrograms: boolean;
  /** Directories that the install had before, and that Multus no longer has. */
  previous?: PreviousDirectories;
  /** The install has, or had, whereabouts, too. */
  whereabouts?: boolean;
}

/** What was changed so lately is being written by a Multus that is just coming; ms. */
const JUST_NOW_MS = 10_000;
const MAX_NOTE_LENGTH = 1024 * 1024;

/**
 * Takes from a node what an earlier Multus of another flavour left beside the one that runs: its
 * configuration, its programs, its kubeconfig, its socket. What the two share stays, and what Multus noted for
 * each pod. From directories that Multus no longer has it takes all that an uninstall takes. Where the configuration of
 * the one that runs is not there, nothing is taken.
 */
export async function cleanLeftovers(options: LeftoverOptions): Promise<CleaningReport> {
  const { host, confDir, binDir, runs, keepPrograms, previous = {}, whereabouts } = options;
  const removal = new Removal(options);
  const own = await ownConfigurations(options);
  const current = own
    .filter(({ types }) => types.includes(runs.type))
    .toSorted((a, b) => b.writtenMs - a.writtenMs)[0];
  if (!current) {
    removal.problem(confDir, "has no configuration of the Multus that runs on this node");
    return removal.report;
  }
  for (const { path } of own.filter((file) => file !== current)) await remove(path);
  await removal.each(confDir, async (name) => {
    if (isMultusTemporary(name)) await remove(`${confDir}/${name}`);
  });
  if (!runs.kubeconfig) await removeKubeconfig(confDir);
  const delegates = await delegateTypes(options);
  await removePrograms(binDir, runs.programs);
  await cleanPrevious();
  if (!runs.socket && (await isSettled(DAEMON_SOCKET))) await removal.sockets(SOCKET_DIR);
  return removal.report;

  async function cleanPrevious(): Promise<void> {
    const conf = await ifAnother(previous.confDir, confDir);
    const bin = await ifAnother(previous.binDir, binDir);
    const confStays = conf && (await whyConfDirStays(host, conf, confDir));
    const binStays =
      bin &&
      ((await whyBinDirStays(host, bin, binDir, confDir)) ??
        (confStays && `may have what the configurations in ${conf} call`));
    if (conf && confStays) removal.keep(conf, confStays);
    else if (conf) {
      await removeConfigurations(conf);
      if (whereabouts && !keepPrograms) await removeWhereaboutsFiles(removal, conf, remove);
    }
    if (bin && binStays) removal.keep(bin, binStays);
    else if (bin) {
      await removePrograms(bin, []);
      if (!keepPrograms) await removePlugins(host, removal, bin, [confDir]);
      if (whereabouts && !keepPrograms) await removeWhereaboutsProgram(removal, bin, remove);
    }
  }

  async function ifAnother(before: string | undefined, now: string): Promise<string | undefined> {
    return before === undefined || (await host.isSameDirectory(before, now)) ? undefined : before;
  }

  /** All that Multus put into a configuration directory. */
  async function removeConfigurations(directory: string): Promise<void> {
    const configurations = { host, removal, confDir: directory, remove };
    await removal.each(directory, async (name) => {
      const path = `${directory}/${name}`;
      if (name.endsWith(".old") && (await isSettled(path))) await restoreRenamed(configurations, path);
    });
    await removal.each(directory, (name) => removeConfiguration(configurations, name));
    await removeKubeconfig(directory, "with certificates");
  }

  async function removeKubeconfig(directory: string, certificates?: "with certificates"): Promise<void> {
    if (!keepPrograms && (await isSettled(`${directory}/multus.d/multus.kubeconfig`)))
      await removal.kubeconfig(`${directory}/multus.d`, certificates);
  }

  async function removePrograms(directory: string, stay: readonly string[]): Promise<void> {
    await removal.each(directory, async (name) => {
      const path = `${directory}/${name}`;
      // An installer that was killed while it copied a program; no runtime calls this name.
      if (isMultusTemporary(name) && (await removal.isOfInstall(path))) return await remove(path);
      if (!MULTUS_PROGRAMS.includes(name) || stay.includes(name)) return;
      if (!(await removal.isOfInstall(path))) removal.keep(path, "existed before the install");
      else if (keepPrograms) removal.keep(path, "the runtime calls it when an older pod terminates");
      else if (delegates.includes(name)) removal.keep(path, "a running pod uses its network");
      else await remove(path);
    });
  }

  async function remove(path: string): Promise<void> {
    await removal.try(path, async () => {
      if (await isSettled(path)) await removal.remove(path);
    });
  }

  async function isSettled(path: string): Promise<boolean> {
    const stats = await host.stat(path);
    // A time in the future is of a clock that was set back since: it would be "recently" until the clock gets there.
    const isNew = stats !== undefined && Math.abs(options.now.getTime() - stats.ctimeMs) < JUST_NOW_MS;
    if (isNew) removal.problem(path, "was written recently");
    return !isNew;
  }
}

/** Files with a name that only Multus and the guard write, and Multus' content. */
async function ownConfigurations({
  host,
  confDir,
}: LeftoverOptions): Promise<{ path: string; types: readonly string[]; writtenMs: number }[]> {
  const found = [];
  for (const { name } of await host.entries(confDir)) {
    if (!isMultusConfName(name)) continue;
    const path = `${confDir}/${name}`;
    const { isMultus, pluginTypes = [] } = parseConfFile(name, await host.text(path, MAX_CONF_BYTES));
    const stats = await host.stat(path);
    if (!isMultus || !stats?.isFile()) continue;
    // The guard's calls multus too, and is never the one that serves.
    const types = name === GUARD_FILE ? [] : pluginTypes;
    found.push({ path, types, writtenMs: stats.mtimeMs });
  }
  return found;
}

/** The types among Multus' programs that the notes on pods which run speak of: passthru can be a pod's network. */
async function delegateTypes({ host }: LeftoverOptions): Promise<string[]> {
  const found = new Set<string>();
  for (const { name } of await host.entries(CACHE_DIR)) {
    const text = await host.text(`${CACHE_DIR}/${name}`, MAX_NOTE_LENGTH);
    for (const program of MULTUS_PROGRAMS) if (text?.includes(`"${program}"`)) found.add(program);
  }
  return [...found];
}
