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
