/**
 * Checks what the program is made of: every package of the lock has a checksum and a licence that may be used, and the
 * registry knows no vulnerability of high severity in one that ships. Exits 1 with a line for each fault; what cannot be
 * checked here is named as skipped.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export interface LockedPackage {
  license?: string;
  integrity?: string;
  dev?: boolean;
}

/** Licences of what ships in the image: permissive ones, whose terms a notice fulfils. */
const SHIPPED = [
  "Unlicense",
  "Apache-2.0",
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
  "PSF-2.0",
];
/** Of tools too: they are run, not distributed. */
const TOOLS = [...SHIPPED, "MPL-2.0"];
/** Packages whose package.json has the old field `licenses`, which the lock leaves out; read there. */
const READ_BY_HAND: Record<string, string> = {
  ssh2: "MIT",
  "cpu-features": "MIT",
  buildcheck: "MIT",
  format: "MIT",
};

/** What is wrong with the packages of a package-lock.json, a line each. */
export function lockProblems(packages: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(packages).flatMap(([path, { license, integrity, dev }]) => {
    if (path === "") return [];
    const name = path.replace(/^.*node_modules\//, "");
    const found = license ?? READ_BY_HAND[name];
    const allowed = dev ? TOOLS : SHIPPED;
    const isAllowed = found?.split(" OR ").some((one) => allowed.includes(one.replaceAll(/[()]/g, "")));
    return [
      ...(integrity?.startsWith("sha512-") ? [] : [`${path}: no sha512 checksum in package-lock.json`]),
      ...(isAllowed
        ? []
        : [`${path}: the licence ${found ?? "(none)"} is not in the list of scripts/supply-chain.ts`]),
    ];
  });
}

export interface Audit {
  problems: string[];
  /** Why nothing was found out. */
  skipped?: string;
}

/** Reads what `npm audit --json` prints. */
export function auditOf(output: string): Audit {
  let report: { vulnerabilities?: Record<string, { severity: string }>; message?: string };
  try {
    report = JSON.parse(output);
  } catch {
    return { problems: [], skipped: "npm printed no report" };
  }
  if (!report.vulnerabilities)
    return { problems: [], skipped: report.message ?? "the registry gave no report" };
  const serious = Object.entries(report.vulnerabilities).filter(([, { severity }]) =>
    ["high", "critical"].includes(severity),
  );
  return {
    problems: serious.map(
      ([name, { severity }]) => `${name}: a vulnerability of ${severity} severity; npm audit has it`,
    ),
  };
}

if (import.meta.main) {
  const lock = readFileSync(resolve(import.meta.dirname, "../package-lock.json"), "utf8");
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
  const { stdout, error } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const audit: Audit = error ? { problems: [], skipped: error.message } : auditOf(stdout);
  if (audit.skipped !== undefined) process.stderr.write(`skipped: npm audit (${audit.skipped})\n`);
  const problems = [...lockProblems(packages), ...audit.problems];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
