import { rmdir } from "node:fs/promises";
import type { PreviousDirectories } from "../multus/previous-directories.ts";
import type { CleaningReport } from "./cleaning-report.ts";
import { isMultusTemporary } from "./conf-file.ts";
import { removeConfiguration, restoreRenamed } from "./conf-removal.ts";
import { Removal, type RemovalOptions } from "./file-removal.ts";
import { CACHE_DIR, SOCKET_DIR } from "./host.ts";
import { confFiles, MULTUS_PROGRAMS } from "./inspect.ts";
import { removePlugins } from "./plugin-removal.ts";
import { removeWhereaboutsFiles, removeWhereaboutsProgram } from "./whereabouts-removal.ts";

const DEEPEST = 8;

/**
 * Takes from a node what Multus put there, gives files that it renamed their names back, and looks whether
 * it is gone. Whatever fails, the rest is tried; done twice it does nothing the second time.
 *
 * The order: first the primary network's own file is back, then Multus' go, so that the runtime has a network
 * at each moment; the kubeconfig and the programs, which Multus' file needs, go after it.
 */
export async function uninstall(options: UninstallOptions): Promise<CleaningReport> {
  return await new Cleaning(options).run();
}

export interface UninstallOptions extends RemovalOptions {
  /** Directories that the install had before, and that may not be clean. */
  previous?: PreviousDirectories;
  /** The install had whereabouts, too. */
  whereabouts?: boolean;
}

class Cleaning {
  readonly #options: UninstallOptions;
  readonly #removal: Removal;
  readonly #confDirs: ReadonlySet<string>;
  readonly #binDirs: ReadonlySet<string>;

  constructor(options: UninstallOptions) {
    const { confDir, binDir, previous = {} } = options;
    this.#options = options;
    this.#removal = new Removal(options);
    this.#confDirs = new Set([confDir, previous.confDir ?? confDir]);
    this.#binDirs = new Set([binDir, previous.binDir ?? binDir]);
  }

  async run(): Promise<CleaningReport> {
    for (const directory of this.#confDirs) await this.#configurations(directory);
    for (const directory of this.#binDirs)
      await this.#removal.each(directory, (name) => this.#program(directory, name));
    // After the configurations: by now only networks that remain on the node can call these.
    for (const directory of this.#binDirs)
      await removePlugins(this.#options.host, this.#removal, directory, [...this.#confDirs]);
    if (this.#options.whereabouts) await this.#whereabouts();
    await this.#removal.sockets(SOCKET_DIR);
    await this.#emptyCache(CACHE_DIR, 0);
    for (const directory of this.#confDirs) await this.#verifyConfigurations(directory);
    for (const directory of this.#binDirs) await this.#verifyPrograms(directory);
    return this.#removal.report;
  }

  async #configurations(confDir: string): Promise<void> {
    const { host } = this.#options;
    const removal = this.#removal;
    const configuration = { host, removal, confDir, remove: (path: string) => removal.remove(path) };
    await removal.each(confDir, (name) => restoreRenamed(configuration, `${confDir}/${name}`));
    await removal.each(confDir, (name) => removeConfiguration(configuration, name));
    await removal.kubeconfig(`${confDir}/multus.d`, "with certificates");
  }

  async #whereabouts(): Promise<void> {
    const removal = this.#removal;
    const remove = (path: string) => removal.remove(path);
    for (const directory of this.#confDirs) await removeWhereaboutsFiles(removal, directory, remove);
    for (const directory of this.#binDirs) await removeWhereaboutsProgram(removal, directory, remove);
  }

  async #program(directory: string, name: string): Promise<void> {
    if (!MULTUS_PROGRAMS.includes(name) && !isMultusTemporary(name)) return;
    const path = `${directory}/${name}`;
    if (await this.#removal.isOfInstall(path)) await this.#removal.remove(path);
    else this.#removal.keep(path, "existed before the install");
  }

  /** What Multus noted for each pod, one level of directories below it. Links are removed, never followed. */
  async #emptyCache(directory: string, depth: number): Promise<void> {
    const { host } = this.#options;
    await this.#removal.each(directory, async (name) => {
      const path = `${directory}/${name}`;
      if (!(await host.stat(path))?.isDirectory()) return await this.#removal.remove(path, "silently");
      if (depth < DEEPEST) await this.#emptyCache(path, depth + 1);
      await rmdir(host.inside(path));
    });
  }

  /** Looks again: what is there now counts, not what was done. */
  async #verifyConfigurations(confDir: string): Promise<void> {
    const { host } = this.#options;
    const names = (await host.entries(confDir)).map(({ name }) => name);
    const files = await confFiles(host, confDir, names);
    const kept = new Set(this.#removal.report.kept.map(({ path }) => path));
    for (const { name, isMultus } of files)
      if (isMultus && !kept.has(`${confDir}/${name}`))
        this.#removal.problem(`${confDir}/${name}`, "still calls Multus");
    if (files[0]?.isMultus)
      this.#removal.problem(
        `${confDir}/${files[0].name}`,
        "sorts first and calls Multus: new pods fail on this node",
      );
  }

  async #verifyPrograms(binDir: string): Promise<void> {
    const kept = new Set(this.#removal.report.kept.map(({ path }) => path));
    for (const { name } of await this.#options.host.entries(binDir))
      if (MULTUS_PROGRAMS.includes(name) && !kept.has(`${binDir}/${name}`))
        this.#removal.problem(`${binDir}/${name}`, "still exists");
  }
}
