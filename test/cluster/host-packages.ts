import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory } from "./cache.ts";
import { CommandError, execute } from "./execute.ts";
import { withFileLock } from "./file-lock.ts";
import { STATE_ROOT } from "./state-directory.ts";

/** The Debian packages that something here uses, and a file of each that shows that it is installed. */
const WITNESS = {
  "bash-static": "/bin/bash-static",
  buildah: "/usr/bin/buildah",
  "busybox-static": "/bin/busybox",
  debootstrap: "/usr/sbin/debootstrap",
  gcc: "/usr/bin/gcc",
  iproute2: "/usr/sbin/ip",
  iptables: "/usr/sbin/iptables",
  "libc6-dev": "/usr/include/stdio.h",
  openssl: "/usr/bin/openssl",
  procps: "/usr/sbin/sysctl",
  runc: "/usr/sbin/runc",
  slirp4netns: "/usr/bin/slirp4netns",
  "util-linux": "/usr/bin/setpriv",
} as const;
export type DebianPackage = keyof typeof WITNESS;

/** All that the tests of control planes, nodes and images use. */
export const TEST_PACKAGES: readonly DebianPackage[] = (Object.keys(WITNESS) as DebianPackage[]).filter(
  (name) => name !== "debootstrap" && name !== "slirp4netns",
);

/** Packages that are missing and could not be installed. The message is one line with the cause. */
export class PackagesError extends Error {
  override readonly name = "PackagesError";
  readonly code = "PACKAGES";
}

/**
 * Makes sure that these packages are there: installs them as root on Debian and its kin, all in one go and one process at
 * a time. Elsewhere throws a PackagesError that names them.
 */
export async function requireDebianPackages(names: readonly DebianPackage[]): Promise<void> {
  await installMissing(() => [...new Set(names)].filter((name) => !existsSync(WITNESS[name])));
}

/** @param missing the packages that are not installed, each time that it is called */
export async function installMissing(missing: () => readonly string[]): Promise<void> {
  // In this order: a package's file is there before the package works, and the lock is held until it does.
  if (missing().length === 0 && !existsSync(packagesLock())) return;
  if (!installsPackages()) {
    if (missing().length === 0) return;
    throw new PackagesError(
      `please install ${missing().join(", ")} (the names are Debian's packages), then try again`,
    );
  }
  const say = (text: string) => process.stderr.write(`packages: ${text}\n`);
  await withFileLock(
    packagesLock(),
    async () => {
      const names = missing();
      if (names.length === 0) return;
      say(`installing ${names.join(", ")}`);
      await apt(["update"], say);
      await apt(["install", "--yes", "--no-install-recommends", ...names], say);
    },
    (owner) => say(`waiting for process ${owner}, which installs packages`),
  );
}

/** Whether missing packages are installed here: as root, on Debian and its kin. */
export function installsPackages(): boolean {
  return process.getuid?.() === 0 && isDebian();
}

function packagesLock(): string {
  return join(STATE_ROOT, "packages.lock");
}

/** How long another program may hold apt's locks: an unattended upgrade takes minutes. */
const FOREIGN_LOCK_MS = 900_000;
const HELD = /Could not get lock|Unable to (?:acquire|lock)|lock was locked by another process/;

/**
 * Runs apt-get, and again while another program holds one of its locks. apt's own DPkg::Lock::Timeout would wait for
 * dpkg's lock alone, silently; those of the lists and of the archives fail at once.
 */
async function apt(args: string[], say: (text: string) => void): Promise<void> {
  const log = cacheDirectory("packages.log");
  mkdirSync(dirname(log), { recursive: true });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=0", "-o", "Acquire::Retries=3"];
  const deadline = Date.now() + FOREIGN_LOCK_MS;
  for (let waiting = ""; ; await sleep(1000)) {
    appendFileSync(log, `\n${new Date().toISOString()} apt-get ${args.join(" ")}\n`);
    try {
      appendFileSync(log, await execute("apt-get", [...options, ...args], { env }));
      return;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const output = `${error.stdout}${error.stderr}`;
      appendFileSync(log, output);
      const held = output.split("\n").find((line) => HELD.test(line));
      if (held === undefined || Date.now() > deadline)
        throw new PackagesError(`apt-get ${args[0]} failed: ${causeIn(output)} (log: ${log})`);
      const holder = /process (\d+ \([^)]*\)|\d+)|pid (\d+)/.exec(held);
      const owner = `process ${holder?.[1] ?? holder?.[2] ?? "unknown"}`;
      if (waiting !== owner) say(`waiting for ${owner}, which holds apt's lock: ${held.trim()}`);
      waiting = owner;
    }
  }
}

/** apt's first error; else the last line that it printed. */
function causeIn(output: string): string {
  const lines = output.trim().split("\n");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "").replace(/^E: /, "");
}

function isDebian(): boolean {
  return (
    existsSync("/etc/os-release") && /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

/** Why this machine cannot run nodes of its own, or undefined if it can. */
export function bareMachineProblem(): string | undefined {
  if (process.platform !== "linux") return `nodes need Linux namespaces (this is ${process.platform})`;
  if (process.getuid?.() !== 0) return "nodes need root (network and mount namespaces)";
  return undefined;
}

/** Ends the program with one line if it cannot run here, and says what to do instead. */
export function requireBareMachine(): void {
  const problem = bareMachineProblem();
  if (problem === undefined) return;
  process.stderr.write(
    `${problem}; run it as root on Linux, or install the chart in a cluster of yours (README)\n`,
  );
  process.exit(2);
}
