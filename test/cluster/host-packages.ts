import { existsSync, readFileSync } from "node:fs";
import { execute } from "./execute.ts";

/** A file by which one sees that a Debian package is installed. */
const WITNESS: Record<string, string> = {
  buildah: "/usr/bin/buildah",
  runc: "/usr/sbin/runc",
  iptables: "/usr/sbin/iptables",
  iproute2: "/usr/sbin/ip",
  "busybox-static": "/bin/busybox",
  "bash-static": "/bin/bash-static",
  openssl: "/usr/bin/openssl",
  "util-linux": "/usr/bin/setpriv",
  gcc: "/usr/bin/gcc",
  "libc6-dev": "/usr/include/stdio.h",
};

/**
 * Makes sure that these packages are there: installs them as root on Debian and its kin, elsewhere throws
 * one line that says what to install.
 */
export async function requireDebianPackages(names: readonly string[]): Promise<void> {
  const missing = names.filter((name) => !existsSync(WITNESS[name] ?? "/nonexistent"));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isDebian())
    throw new Error(`please install ${missing.join(", ")} (the names are Debian's packages), then try again`);
  process.stderr.write(`packages: installing ${missing.join(", ")}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await execute("apt-get", ["update", "-qq"], { env });
  await execute("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
}

function isDebian(): boolean {
  return (
    existsSync("/etc/os-release") && /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

/** Why this machine cannot run nodes of its own, or undefined where it can. */
export function bareMachineProblem(): string | undefined {
  if (process.platform !== "linux") return `nodes need Linux namespaces (this is ${process.platform})`;
  if (process.getuid?.() !== 0) return "nodes need root (network and mount namespaces)";
  return undefined;
}

/** Ends the program with one line where it cannot run here, and says what to do instead. */
export function requireBareMachine(): void {
  const problem = bareMachineProblem();
  if (problem === undefined) return;
  process.stderr.write(
    `${problem}; run it as root on Linux, or install the chart in a cluster of yours (README)\n`,
  );
  process.exit(2);
}
