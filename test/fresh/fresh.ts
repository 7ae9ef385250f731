import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { binaries, REQUIRED_BINARIES } from "../cluster/binaries.ts";
import { cacheDirectory } from "../cluster/cache.ts";
import { nodeCgroup, removeCgroup } from "../cluster/cgroups.ts";
import { Daemon, waitUntil } from "../cluster/daemon.ts";
import { debianRoot, release } from "../cluster/debian-root.ts";
import { execute } from "../cluster/execute.ts";
import { bareMachineProblem, installsPackages, requireDebianPackages } from "../cluster/host-packages.ts";
import { nodeNumbers } from "../cluster/network.ts";
import {
  createStateDirectory,
  orphanedStateDirectories,
  removeStateDirectory,
} from "../cluster/state-directory.ts";
import { configureClients } from "./clients.ts";
import { prerequisites } from "./prerequisites.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const KIND = "fresh";

/** Why a fresh machine cannot be made here, or undefined if it can. */
export function freshProblem(): string | undefined {
  return (
    bareMachineProblem() ??
    (installsPackages() ? undefined : "debootstrap and apt are needed: run it as root on Debian")
  );
}

/** `make test-quick`, or as much of it as shows that it can start. */
export type QuickTests = "all" | "start";

/** What a newcomer typed on the fresh machine has failed. */
export class FreshError extends Error {
  override readonly name = "FreshError";
  readonly code = "FRESH";
}

/**
 * Runs README's commands as a newcomer would: on a minimal Debian with nothing but the prerequisites, in a clone of HEAD,
 * with an empty home. It has mount, network and PID namespaces of its own: clusters in it share no address, lock or process
 * with those of this machine, and the kernel removes all of it when it ends, however it ends. From this machine come Node,
 * npm and Go, which Debian has only in older versions, and the programs that are built already, all read-only.
 */
export async function fresh(quickTests: QuickTests): Promise<void> {
  const say = (text: string) => process.stderr.write(`fresh: ${text}\n`);
  await requireDebianPackages(["debootstrap", "slirp4netns", "util-linux"]);
  await sweep();
  await binaries(REQUIRED_BINARIES);
  const archive = await debianRoot(prerequisites(), say);
  const directory = createStateDirectory(KIND);
  const root = rootOf(directory);
  let newcomer: Newcomer | undefined;
  let interruptedBy: NodeJS.Signals | undefined;
  const interrupted = (signal: NodeJS.Signals) => {
    interruptedBy = signal;
    newcomer?.interrupt();
  };
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  try {
    mkdirSync(root);
    await execute("tar", ["--extract", "--numeric-owner", "--file", archive, "-C", root]);
    await clone(directory, join(root, "root/multus-operator"), say);
    const clients = await configureClients(root);
    if (interruptedBy !== undefined) throw new FreshError(`interrupted by ${interruptedBy}`);
    newcomer = await Newcomer.start(directory, { ...clients, QUICK_TESTS: quickTests }, say);
    const ended = await newcomer.ended;
    if (interruptedBy !== undefined) throw new FreshError(`interrupted by ${interruptedBy}`);
    if (ended !== 0) throw new FreshError(`a command that README names failed on a fresh machine (${ended})`);
    const built = readdirSync(builtIn(directory));
    if (built.length > 0)
      throw new FreshError(`the cache had all programs, and these were built again: ${built.join(", ")}`);
  } finally {
    await newcomer?.kill();
    await removeCgroups(directory);
    removeStateDirectory(directory);
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

/** The processes on the fresh machine, and the one that ties its network to this machine's. */
class Newcomer {
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  #init = 0;
  #network: Daemon | undefined;

  static async start(
    directory: string,
    variables: Record<string, string>,
    say: (text: string) => void,
  ): Promise<Newcomer> {
    const node = hostProgram("node");
    const npm = resolve(realpathSync(hostProgram("npm")), "../..");
    const versions = await Promise.all([
      execute(node, ["--version"]),
      execute(node, [join(npm, "bin/npm-cli.js"), "--version"]),
      execute("go", ["env", "GOVERSION"]),
    ]);
    const [nodeVersion, npmVersion, goVersion] = versions.map((version) => version.trim());
    say(
      `Debian ${release()}, minimal, with ${prerequisites().join(", ")}; this machine's node ${nodeVersion}, npm ${npmVersion}, ${goVersion}`,
    );
    const newcomer = new Newcomer(directory, {
      ...variables,
      HOME: "/root",
      PATH: "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C.UTF-8",
      TERM: process.env.TERM ?? "dumb",
      ROOT: rootOf(directory),
      NODE: node,
      NPM: npm,
      GO: (await execute("go", ["env", "GOROOT"])).trim(),
      PROGRAMS: cacheDirectory("bin"),
      BUILT: builtIn(directory),
      ARCHIVES: archives(),
    });
    try {
      await newcomer.#connect(directory);
    } catch (error) {
      await newcomer.kill();
      throw error;
    }
    return newcomer;
  }

  private constructor(directory: string, env: Record<string, string>) {
    for (const path of [builtIn(directory), `${builtIn(directory)}.work`]) mkdirSync(path);
    const namespaces = ["--mount", "--propagation=private", "--net", "--pid", "--uts", "--ipc", "--fork"];
    const enter = ["bash", join(import.meta.dirname, "enter.sh")];
    this.#child = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", "--", "unshare", ...namespaces, "--kill-child=SIGKILL", ...enter],
      { stdio: ["ignore", "inherit", "inherit"], env },
    );
    this.ended = once(this.#child, "exit").then(([code, signal]) => code ?? signal);
  }

  async #connect(directory: string): Promise<void> {
    const { pid } = this.#child;
    const children = `/proc/${pid}/task/${pid}/children`;
    await waitUntil(
      "the namespaces",
      () => {
        this.#init = Number(readFileSync(children, "utf8").trim());
        return this.#init > 0;
      },
      {
        check: () => {
          if (this.#child.exitCode !== null) throw new FreshError("the namespaces could not be made");
        },
      },
    );
    this.#network = Daemon.start({
      name: "slirp4netns",
      command: "slirp4netns",
      args: ["--configure", "--mtu=65520", "--disable-host-loopback", String(this.#init), "tap0"],
      logFile: join(directory, "network.log"),
    });
  }

  /** Ends the first process, and the kernel with it all others. */
  interrupt(): void {
    this.#child.kill("SIGKILL");
  }

  /** When it returns the kernel has ended every process on the fresh machine. */
  async kill(): Promise<void> {
    this.interrupt();
    await this.#network?.kill();
    await waitUntil(
      "the fresh machine's processes to end",
      () => this.#init === 0 || !existsSync(`/proc/${this.#init}`),
    );
  }
}

function rootOf(directory: string): string {
  return join(directory, "root");
}

/** Where a program lands that the cache lacks. */
function builtIn(directory: string): string {
  return join(directory, "built");
}

/** Downloaded packages, kept between runs. */
function archives(): string {
  const path = cacheDirectory("fresh", "archives");
  mkdirSync(path, { recursive: true });
  return path;
}

/** HEAD, and nothing of the working tree. A bundle, because git clones no repository that another user owns. */
async function clone(directory: string, target: string, say: (text: string) => void): Promise<void> {
  const git = async (...args: string[]) => await execute("git", ["-C", REPOSITORY, ...args]);
  const changed = (await git("status", "--porcelain")).trim();
  if (changed !== "") say("changes that are not committed are not part of it");
  const bundle = join(directory, "head.bundle");
  await git("bundle", "create", "--quiet", bundle, "HEAD");
  await execute("git", ["clone", "--quiet", bundle, target]);
}

/** A program of this machine, not the one that npm puts first on the PATH. */
function hostProgram(name: string): string {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (!directory.includes("node_modules") && isExecutable(path)) return path;
  }
  throw new FreshError(`there is no ${name} on the PATH`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What runs whose process was killed have left: files, and empty cgroups. */
async function sweep(): Promise<void> {
  for (const directory of orphanedStateDirectories(KIND)) {
    await removeCgroups(directory);
    removeStateDirectory(directory);
  }
}

/** Cgroups have no namespace: those of clusters that were not ended are found by the clusters' directories. */
async function removeCgroups(directory: string): Promise<void> {
  const state = join(rootOf(directory), "tmp/multus-operator-test");
  const clusters = existsSync(state) ? readdirSync(state).filter((name) => name.startsWith("cluster-")) : [];
  for (const cluster of clusters)
    for (const number of nodeNumbers()) await removeCgroup(nodeCgroup(cluster, number));
}
