import { constants } from "node:fs";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isReferencePlugin } from "../crds/reference-plugins.ts";
import { cut } from "./conf-file.ts";
import { whyNotRunnable } from "./elf.ts";
import { type Host, noneIfAbsent } from "./host.ts";
import {
  type FileIdentity,
  isInstalled,
  isTemporary,
  type PluginRecord,
  readRecord,
  sha256Of,
  syncDirectory,
  temporaryOf,
  writeRecord,
} from "./plugin-record.ts";
import type { PluginsReport } from "./plugins-report.ts";

export interface InstallPluginsOptions {
  node: string;
  host: Host;
  binDir: string;
  /** The directory, not of the host, that holds the image's programs. */
  source: string;
  plugins: readonly string[];
  /** The reference of the image that the programs are from. */
  image: string;
  /** process.arch */
  architecture: string;
  now: Date;
}

/** Far more than any plugin has; the file may be anything. */
const MAX_PROGRAM_BYTES = 256 * 1024 * 1024;

/**
 * Puts plugins into a node's plugin directory. A program that is there and was not installed by the operator stays as it is,
 * also if it appears in the middle: a new one is linked to its name, which fails if the name is taken. What is about to
 * be installed is recorded before it is. One of the operator's own that another image has replaced is exchanged by a rename: a
 * process that runs it keeps its file. A program that fails does not keep the others.
 */
export async function installPlugins(options: InstallPluginsOptions): Promise<PluginsReport> {
  return await new Installation(options).run();
}

class Installation {
  readonly #options: InstallPluginsOptions;
  readonly #report: PluginsReport;
  #record: PluginRecord;

  constructor(options: InstallPluginsOptions) {
    const { node, now } = options;
    this.#options = options;
    this.#record = { image: "", programs: {} };
    const lists = { installed: [], updated: [], kept: [], problems: [] };
    this.#report = { node, at: now.toISOString(), ...lists, truncated: [] };
  }

  async run(): Promise<PluginsReport> {
    const { host, binDir, image, plugins } = this.#options;
    try {
      if (!(await host.stat(binDir))?.isDirectory()) throw new Error("is not a directory");
      this.#record = (await readRecord(host, binDir)) ?? this.#record;
      await this.#removeTemporaries();
    } catch (error) {
      this.#problem(binDir, error);
      return this.#report;
    }
    for (const name of plugins)
      await this.#install(name).catch((error: unknown) => this.#problem(`${binDir}/${name}`, error));
    try {
      const isComplete = this.#report.problems.length === 0;
      if (isComplete && Object.keys(this.#record.programs).length > 0) await this.#write({ image });
    } catch (error) {
      this.#problem(binDir, error);
    }
    return this.#report;
  }

  async #install(name: string): Promise<void> {
    const { host, binDir } = this.#options;
    if (!isReferencePlugin(name)) throw new Error("is not one of the reference plugins");
    const path = `${binDir}/${name}`;
    const recorded = this.#record.programs[name] ?? [];
    const current = await isInstalled(host, path, recorded);
    if (!current && (await host.stat(path))) return await this.#keep(name, path);
    const source = await this.#openSource(name);
    try {
      const sha256 = await sha256Of(source);
      if (current?.sha256 === sha256) return;
      const staged = await this.#stage(name, source, sha256);
      try {
        await this.#remember(name, current ? [current, staged] : [staged]);
        const done = current ? await this.#replace(name, path, current) : await this.#link(name, path);
        if (!done) return await this.#keep(name, path);
        await syncDirectory(host, binDir);
        if (current) await this.#remember(name, [staged]);
        this.#report[current ? "updated" : "installed"].push(path);
      } finally {
        await unlink(host.inside(`${binDir}/${temporaryOf(name)}`)).catch(noneIfAbsent);
      }
    } finally {
      await source.close();
    }
  }

  /** Returns false if the name is taken by now. */
  async #link(name: string, path: string): Promise<boolean> {
    const { host, binDir } = this.#options;
    try {
      await link(host.inside(`${binDir}/${temporaryOf(name)}`), host.inside(path));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }

  /** Returns false if the file is no longer the operator's. No system call of Node's compares and renames in one. */
  async #replace(name: string, path: string, current: FileIdentity): Promise<boolean> {
    const { host, binDir } = this.#options;
    if (!(await isInstalled(host, path, [current]))) return false;
    await rename(host.inside(`${binDir}/${temporaryOf(name)}`), host.inside(path));
    return true;
  }

  /** A file that is not the operator's, or no longer. */
  async #keep(name: string, path: string): Promise<void> {
    await this.#remember(name, []);
    const stats = await this.#options.host.stat(path);
    // A link counts as a program, as for an inspection: K3s links all of its plugins to one.
    const isProgram = stats?.isSymbolicLink() || (stats?.isFile() && (stats.mode & 0o111) !== 0);
    if (!isProgram)
      throw new Error("exists, is not an executable file, and was not installed by the operator: remove it");
    this.#report.kept.push({ path, reason: "was not installed by the operator" });
  }

  async #openSource(name: string): Promise<FileHandle> {
    const { source, architecture } = this.#options;
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(source, name), flags).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT")
        throw new Error("the image of spec.plugins.image has no such program in /opt/cni/bin");
      if (code === "ELOOP") throw new Error("the image's program is a link");
      throw error;
    });
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size === 0) throw new Error("the image's program is empty");
      if (stats.size > MAX_PROGRAM_BYTES) throw new Error("the image's program is too large");
      const start = Buffer.alloc(20);
      await file.read(start, 0, start.length, 0);
      const why = whyNotRunnable(start, architecture);
      if (why !== undefined) throw new Error(`the image's program ${why}`);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Copies the program next to where it will be, on the disk when it returns. */
  async #stage(name: string, source: FileHandle, sha256: string): Promise<FileIdentity> {
    const { host, binDir } = this.#options;
    const temporary = `${binDir}/${temporaryOf(name)}`;
    const file = await open(host.inside(temporary), "wx", 0o600);
    try {
      const buffer = Buffer.alloc(1024 * 1024);
      for (let at = 0; ; ) {
        const { bytesRead } = await source.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        await file.writeFile(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      await file.chmod(0o755);
      await file.sync();
      const { ino, mtimeMs } = await file.stat();
      return { sha256, inode: ino, modifiedMs: mtimeMs };
    } catch (error) {
      await unlink(host.inside(temporary)).catch(noneIfAbsent);
      throw error;
    } finally {
      await file.close();
    }
  }

  async #remember(name: string, identities: FileIdentity[]): Promise<void> {
    const { [name]: known = [], ...others } = this.#record.programs;
    if (known.length === 0 && identities.length === 0) return;
    await this.#write({ programs: identities.length > 0 ? { ...others, [name]: identities } : others });
  }

  async #write(change: Partial<PluginRecord>): Promise<void> {
    const { host, binDir } = this.#options;
    const record = { ...this.#record, ...change };
    if (JSON.stringify(record) === JSON.stringify(this.#record)) return;
    await writeRecord(host, binDir, record);
    this.#record = record;
  }

  async #removeTemporaries(): Promise<void> {
    const { host, binDir } = this.#options;
    for (const { name } of await host.entries(binDir))
      if (isTemporary(name)) await unlink(host.inside(`${binDir}/${name}`)).catch(noneIfAbsent);
  }

  #problem(path: string, error: unknown): void {
    this.#report.problems.push({ path: cut(path, 512), reason: cut(reasonOf(error), 256) });
  }
}

const REASONS: Partial<Record<string, string>> = {
  ENOSPC: "the node's disk is full: free space in the file system of the plugin directory",
  EDQUOT: "the quota of the node's disk is used up: free space in the file system of the plugin directory",
  EROFS:
    "the plugin directory is read-only on this node: set spec.cni.binDir to one that can be written to, or add the plugins to the node's image",
  EACCES: "the plugin directory cannot be written to (EACCES): check SELinux and the directory's attributes",
  EPERM: "the plugin directory cannot be written to (EPERM): check SELinux and the directory's attributes",
};

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : REASONS[code]) ?? message ?? String(error);
}
