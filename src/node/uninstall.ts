import { link, rmdir, unlink } from "node:fs/promises";
import type { CleaningReport } from "./cleaning-report.ts";
import { cut, isMultusConfName, isMultusTemporary, parseConfFile } from "./conf-file.ts";
import { MAX_CONF_BYTES, Removal, type RemovalOptions } from "./file-removal.ts";
import { CACHE_DIR, SOCKET_DIR } from "./host.ts";
import { confFiles, MULTUS_PROGRAMS } from "./inspect.ts";

const DEEPEST = 8;

/**
 * Takes from a node what Multus put there, gives files that it renamed their names back, and looks whether
 * it is gone. Whatever fails, the rest is tried; done twice it does nothing the second time.
 *
 * The order: first the primary network's own file is back, then Multus' go, so that the runtime has a network
 * at each moment; the kubeconfig and the programs, which Multus' file needs, go after it.
 */
export async function uninstall(options: RemovalOptions): Promise<CleaningReport> {
  return await new Cleaning(options).run();
}

class Cleaning {
  readonly #options: RemovalOptions;
  readonly #removal: Removal;

  constructor(options: RemovalOptions) {
    this.#options = options;
    this.#removal = new Removal(options);
  }

  async run(): Promise<CleaningReport> {
    const { confDir, binDir } = this.#options;
    await this.#removal.each(confDir, (name) => this.#restore(`${confDir}/${name}`));
    await this.#removal.each(confDir, (name) => this.#configuration(name));
    await this.#removal.kubeconfig(`${confDir}/multus.d`, "with certificates");
    await this.#removal.each(binDir, (name) => this.#program(name));
    await this.#removal.sockets(SOCKET_DIR);
    await this.#emptyCache(CACHE_DIR, 0);
    await this.#verify();
    return this.#removal.report;
  }

  /** Gives back what --rename-conf-file renamed: the primary network's file, now under its name with `.old`. */
  async #restore(path: string): Promise<void> {
    const original = path.slice(0, -".old".length);
    if (!/\.conf(list)?\.old$/.test(path) || !(await this.#removal.isOfInstall(path))) return;
    const { host } = this.#options;
    if (await host.stat(original)) return;
    const { isMultus, pluginTypes } = parseConfFile(path, await host.text(path, MAX_CONF_BYTES));
    if (isMultus || !pluginTypes) return;
    // link, not rename: it fails where the name is taken meanwhile, instead of overwriting.
    await link(host.inside(path), host.inside(original));
    await unlink(host.inside(path));
    this.#removal.report.restored.push(cut(original, 512));
  }

  async #configuration(name: string): Promise<void> {
    const { host, confDir } = this.#options;
    const path = `${confDir}/${name}`;
    const bare = name.replace(/\.cilium_bak$/, "");
    if (isMultusTemporary(name)) return await this.#removal.remove(path);
    if (!/\.(conf|conflist|json)$/.test(bare)) return;
    const text = await host.text(path, MAX_CONF_BYTES);
    const { isMultus } = parseConfFile(bare, text);
    // An entrypoint that the disk had no room for leaves its file empty.
    const ownName = isMultusConfName(bare);
    if (ownName && (isMultus || text?.trim() === "")) return await this.#removal.remove(path);
    if (ownName) return this.#removal.keep(path, "has Multus' file name, but not its content");
    if (!isMultus) return;
    if (await this.#removal.isOfInstall(path)) return await this.#removal.remove(path);
    this.#removal.keep(path, "calls Multus, and existed before the install");
  }

  async #program(name: string): Promise<void> {
    if (!MULTUS_PROGRAMS.includes(name) && !isMultusTemporary(name)) return;
    const path = `${this.#options.binDir}/${name}`;
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
  async #verify(): Promise<void> {
    const { host, confDir, binDir } = this.#options;
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
    for (const { name } of await host.entries(binDir))
      if (MULTUS_PROGRAMS.includes(name) && !kept.has(`${binDir}/${name}`))
        this.#removal.problem(`${binDir}/${name}`, "still exists");
  }
}
