import { rmdir, unlink } from "node:fs/promises";
import type { CleaningReport } from "./cleaning-report.ts";
import { cut } from "./conf-file.ts";
import { type Host, noneIfAbsent } from "./host.ts";

export interface RemovalOptions {
  node: string;
  host: Host;
  confDir: string;
  /** The directory that the install copied Multus' programs to. */
  binDir: string;
  /** When the install was made. What was changed last before that is not of it, and stays. */
  since: Date;
  now: Date;
}

export const MAX_CONF_BYTES = 256 * 1024;
/** Clocks of a cluster differ a little. */
const CLOCK_SKEW_MS = 60_000;
/** Paths that the report lists. */
const MAX_REMOVED = 256;
const MAX_NAMED = 64;

/** Takes files from a node and notes what it did. A file that fails does not keep the others. */
export class Removal {
  readonly report: CleaningReport;
  readonly #host: Host;
  readonly #since: Date;

  constructor({ node, host, since, now }: RemovalOptions) {
    this.#host = host;
    this.#since = since;
    this.report = {
      node,
      at: now.toISOString(),
      removed: [],
      restored: [],
      kept: [],
      problems: [],
      truncated: [],
    };
  }

  /** A file that the install wrote was changed (ctime, which no copy preserves) after the install was made. */
  async isOfInstall(path: string): Promise<boolean> {
    const stats = await this.#host.stat(path);
    return stats?.isFile() === true && stats.ctimeMs >= this.#since.getTime() - CLOCK_SKEW_MS;
  }

  /** Does something for each name in a directory. */
  async each(directory: string, act: (name: string) => Promise<void>): Promise<void> {
    const entries = await this.#host.entries(directory).catch((error: unknown) => {
      this.problem(directory, messageOf(error));
      return [];
    });
    for (const { name } of entries) await this.try(`${directory}/${name}`, () => act(name));
  }

  async remove(path: string, silently?: "silently"): Promise<void> {
    await unlink(this.#host.inside(path)).catch(noneIfAbsent);
    if (silently) return;
    if (this.report.removed.length < MAX_REMOVED) this.report.removed.push(cut(path, 512));
    else this.report.truncated = ["removed"];
  }

  /**
   * Multus' kubeconfig, and its directory where nothing else is in it.
   * @param certificates the daemon's go too: not while a daemon runs
   */
  async kubeconfig(directory: string, certificates?: "with certificates"): Promise<void> {
    const host = this.#host;
    await this.each(directory, async (name) => {
      if (/^multus\.kubeconfig(\.new)?$/.test(name)) await this.remove(`${directory}/${name}`);
      else if (name === "certs" && (await host.stat(`${directory}/${name}`))?.isDirectory()) {
        if (certificates) await this.#certificates(`${directory}/${name}`);
      } else this.keep(`${directory}/${name}`, "is not a file that Multus writes");
    });
    await this.removeEmpty(directory);
  }

  /** The daemon's, one file for each that it ever had, and the link to the newest (client-go's certificate store). */
  async #certificates(directory: string): Promise<void> {
    await this.each(directory, async (name) => {
      if (/^multus-client-[\w-]+\.pem$/.test(name)) await this.remove(`${directory}/${name}`, "silently");
      else this.keep(`${directory}/${name}`, "is not a file that Multus writes");
    });
    if (await this.removeEmpty(directory)) this.report.removed.push(cut(directory, 512));
  }

  /** Removes a directory in which nothing is left. Returns whether it did. */
  async removeEmpty(directory: string): Promise<boolean> {
    const host = this.#host;
    if (!(await host.stat(directory))?.isDirectory() || (await host.entries(directory)).length > 0)
      return false;
    await this.try(directory, () => rmdir(host.inside(directory)));
    return true;
  }

  async sockets(directory: string): Promise<void> {
    await this.each(directory, async (name) => {
      const path = `${directory}/${name}`;
      if ((await this.#host.stat(path))?.isSocket()) await this.remove(path);
    });
  }

  /** An error becomes a problem of the path. */
  async try(path: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.problem(path, messageOf(error));
    }
  }

  keep(path: string, reason: string): void {
    if (this.report.kept.length < MAX_NAMED) this.report.kept.push({ path: cut(path, 512), reason });
  }

  problem(path: string, reason: string): void {
    if (this.report.problems.length < MAX_NAMED)
      this.report.problems.push({ path: cut(path, 512), reason: cut(reason, 256) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
