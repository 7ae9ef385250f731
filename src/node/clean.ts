import { link, rmdir, unlink } from "node:fs/promises";
import type { CleaningReport } from "./cleaning-report.ts";
import { cut, isMultusConfName, isMultusTemporary, parseConfFile } from "./conf-file.ts";
import { CACHE_DIR, type Host, noneIfAbsent, SOCKET_DIR } from "./host.ts";
import { confFiles, MULTUS_PROGRAMS } from "./inspect.ts";

export interface CleanOptions {
  node: string;
  host: Host;
  confDir: string;
  /** The directory that the install copied Multus' programs to. */
  binDir: string;
  /** When the install was made. What was changed last before that is not of it, and stays. */
  since: Date;
  now: Date;
}

const LONGEST_CONF = 256 * 1024;
/** Clocks of a cluster differ a little. */
const CLOCK_SKEW_MS = 60_000;
const DEEPEST = 8;
/** Paths that the report lists. */
const MOST_REMOVED = 256;

/**
 * Takes from a node what Multus put there, gives files that it renamed their names back, and looks whether
 * it is gone. Whatever fails, the rest is tried; done twice it does nothing the second time.
 *
 * The order: first the primary network's own file is back, then Multus' go, so that the runtime has a network
 * at each moment; the kubeconfig and the programs, which Multus' file needs, go after it.
 */
export async function clean(options: CleanOptions): Promise<CleaningReport> {
  return await new Cleaning(options).run();
}

class Cleaning {
  readonly #options: CleanOptions;
  readonly #report: CleaningReport;

  constructor(options: CleanOptions) {
    this.#options = options;
    const { node, now } = options;
    this.#report = {
      node,
      at: now.toISOString(),
      removed: [],
      restored: [],
      kept: [],
      problems: [],
      truncated: [],
    };
  }

  async run(): Promise<CleaningReport> {
    const { confDir, binDir } = this.#options;
    await this.#each(confDir, (name) => this.#restore(`${confDir}/${name}`));
    await this.#each(confDir, (name) => this.#configuration(name));
    await this.#kubeconfig(`${confDir}/multus.d`);
    await this.#each(binDir, (name) => this.#program(name));
    await this.#each(SOCKET_DIR, (name) => this.#socket(`${SOCKET_DIR}/${name}`));
    await this.#emptyCache(CACHE_DIR, 0);
    await this.#verify();
    return this.#report;
  }

  /** Gives back what --rename-conf-file renamed: the primary network's file, now under its name with `.old`. */
  async #restore(path: string): Promise<void> {
    const original = path.slice(0, -".old".length);
    if (!/\.conf(list)?\.old$/.test(path) || !(await this.#isOfInstall(path))) return;
    const { host } = this.#options;
    if (await host.stat(original)) return;
    const { isMultus, pluginTypes } = parseConfFile(path, await host.text(path, LONGEST_CONF));
    if (isMultus || !pluginTypes) return;
    // link, not rename: it fails where the name is taken meanwhile, instead of overwriting.
    await link(host.inside(path), host.inside(original));
    await unlink(host.inside(path));
    this.#report.restored.push(cut(original, 512));
  }

  async #configuration(name: string): Promise<void> {
    const { host, confDir } = this.#options;
    const path = `${confDir}/${name}`;
    const bare = name.replace(/\.cilium_bak$/, "");
    if (isMultusTemporary(name)) return await this.#remove(path);
    if (!/\.(conf|conflist|json)$/.test(bare)) return;
    const text = await host.text(path, LONGEST_CONF);
    const { isMultus } = parseConfFile(bare, text);
    // An entrypoint that the disk had no room for leaves its file empty.
    const ownName = isMultusConfName(bare);
    if (ownName && (isMultus || text?.trim() === "")) return await this.#remove(path);
    if (ownName) return this.#keep(path, "has Multus' name and not its content");
    if (!isMultus) return;
    if (await this.#isOfInstall(path)) return await this.#remove(path);
    this.#keep(path, "calls Multus, and was there before the install");
  }

  async #kubeconfig(directory: string): Promise<void> {
    const { host } = this.#options;
    await this.#each(directory, async (name) => {
      if (/^multus\.kubeconfig(\.new)?$/.test(name)) await this.#remove(`${directory}/${name}`);
      else this.#keep(`${directory}/${name}`, "is nothing that Multus writes");
    });
    if ((await host.stat(directory))?.isDirectory() && (await host.entries(directory)).length === 0) {
      await this.#try(directory, () => rmdir(host.inside(directory)));
    }
  }

  async #program(name: string): Promise<void> {
    if (!MULTUS_PROGRAMS.includes(name) && !isMultusTemporary(name)) return;
    const path = `${this.#options.binDir}/${name}`;
    if (await this.#isOfInstall(path)) await this.#remove(path);
    else this.#keep(path, "was there before the install");
  }

  async #socket(path: string): Promise<void> {
    if ((await this.#options.host.stat(path))?.isSocket()) await this.#remove(path);
  }

  /** What Multus noted for each pod, one level of directories below it. Links are removed, never followed. */
  async #emptyCache(directory: string, depth: number): Promise<void> {
    const { host } = this.#options;
    await this.#each(directory, async (name) => {
      const path = `${directory}/${name}`;
      if (!(await host.stat(path))?.isDirectory()) return await this.#remove(path, "silently");
      if (depth < DEEPEST) await this.#emptyCache(path, depth + 1);
      await rmdir(host.inside(path));
    });
  }

  /** Looks again: what is there now counts, not what was done. */
  async #verify(): Promise<void> {
    const { host, confDir, binDir } = this.#options;
    const names = (await host.entries(confDir)).map(({ name }) => name);
    const files = await confFiles(host, confDir, names);
    const kept = new Set(this.#report.kept.map(({ path }) => path));
    for (const { name, isMultus } of files)
      if (isMultus && !kept.has(`${confDir}/${name}`))
        this.#problem(`${confDir}/${name}`, "still calls Multus");
    if (files[0]?.isMultus)
      this.#problem(
        `${confDir}/${files[0].name}`,
        "comes first and calls Multus: new pods fail on this node",
      );
    for (const { name } of await host.entries(binDir))
      if (MULTUS_PROGRAMS.includes(name) && !kept.has(`${binDir}/${name}`))
        this.#problem(`${binDir}/${name}`, "is still there");
  }

  /** A file that the install wrote was changed (ctime, which no copy preserves) after the install was made. */
  async #isOfInstall(path: string): Promise<boolean> {
    const stats = await this.#options.host.stat(path);
    return stats?.isFile() === true && stats.ctimeMs >= this.#options.since.getTime() - CLOCK_SKEW_MS;
  }

  async #each(directory: string, act: (name: string) => Promise<void>): Promise<void> {
    const { host } = this.#options;
    const entries = await host.entries(directory).catch((error: unknown) => {
      this.#problem(directory, messageOf(error));
      return [];
    });
    for (const { name } of entries) await this.#try(`${directory}/${name}`, () => act(name));
  }

  async #remove(path: string, silently?: "silently"): Promise<void> {
    await unlink(this.#options.host.inside(path)).catch(noneIfAbsent);
    if (silently) return;
    if (this.#report.removed.length < MOST_REMOVED) this.#report.removed.push(cut(path, 512));
    else this.#report.truncated = ["removed"];
  }

  async #try(path: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#problem(path, messageOf(error));
    }
  }

  #keep(path: string, reason: string): void {
    if (this.#report.kept.length < 64) this.#report.kept.push({ path: cut(path, 512), reason });
  }

  #problem(path: string, reason: string): void {
    if (this.#report.problems.length < 64)
      this.#report.problems.push({ path: cut(path, 512), reason: cut(reason, 256) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
