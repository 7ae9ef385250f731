/**
 * The programs that the test cluster runs, built from pinned Go modules on first use.
 *
 *   node test/cluster/binaries.ts --all        build all that `make test-all` needs (make tools)
 *   node test/cluster/binaries.ts kubectl      build one, print its path
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BuildProgress } from "./build-progress.ts";
import { cacheDirectory } from "./cache.ts";
import { FAMILIES } from "./families.ts";
import { withFileLock } from "./file-lock.ts";

const TOOLS = join(import.meta.dirname, "tools");

/** Every program that `binary` knows. */
export const BINARIES: readonly string[] = Object.values(FAMILIES).flatMap((f) => Object.keys(f.programs));

/** What `--all` builds: all except the families that are optional. */
export const REQUIRED_BINARIES: readonly string[] = BINARIES.filter(
  (name) => !FAMILIES[familyOf(name)]?.optional,
);

/**
 * The absolute path of a program, its whole family built first if need be. Safe with several processes at
 * once. Throws when the name is unknown or the build fails, with the compiler's output.
 */
export async function binary(name: string): Promise<string> {
  return (await binaries([name]))[0] as string;
}

/** The paths of several programs, in the order asked for; families are built one after another. */
export async function binaries(names: readonly string[]): Promise<string[]> {
  const families = [...new Set(names.map(familyOf))];
  const missing = families.filter((family) => !existsSync(directoryOf(family)));
  if (missing.length > 0) await buildFamilies(missing);
  return names.map((name) => join(directoryOf(familyOf(name)), name));
}

/**
 * The directory of a module's own source in the Go module cache (its manifests and scripts are there too). Any Go can
 * download it: the one that builds the family would be downloaded first.
 */
export function moduleDirectory(family: string, module: string): string {
  const go = (...args: string[]) =>
    execFileSync("go", args, { cwd: join(TOOLS, family), encoding: "utf8", env: environment() });
  go("mod", "download", module);
  return go("list", "-m", "-f", "{{.Dir}}", module).trim();
}

function familyOf(name: string): string {
  const found = Object.entries(FAMILIES).find(([, family]) => name in family.programs);
  if (!found) throw new Error(`no such program: ${name} (there are: ${BINARIES.join(", ")})`);
  return found[0];
}

function directoryOf(family: string): string {
  return cacheDirectory("bin", `${family}-${keyOf(family)}`);
}

/** What the programs are built from: the module's files, the flags, the compiler. */
function keyOf(family: string): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "tools.go"]) hash.update(readFileSync(join(TOOLS, family, file)));
  hash.update(JSON.stringify(FAMILIES[family])).update(compiler());
  return hash.digest("hex").slice(0, 16);
}

let compilerVersion: string | undefined;
function compiler(): string {
  try {
    compilerVersion ??= execFileSync("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { encoding: "utf8" });
  } catch (error) {
    throw new Error("Go 1.26 or later is required to build the test cluster's programs: https://go.dev/dl", {
      cause: error,
    });
  }
  return compilerVersion;
}

function environment(own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const flags = `${process.env.GOFLAGS ?? ""} -mod=readonly`.trim();
  // A build may use all cores, whatever the servers of a test are given.
  return { ...process.env, GOMAXPROCS: undefined, CGO_ENABLED: "0", GOFLAGS: flags, ...own };
}

async function buildFamilies(families: readonly string[]): Promise<void> {
  const count = (family: string) => Object.keys(FAMILIES[family]?.programs ?? {}).length;
  const progress = new BuildProgress(families.reduce((sum, family) => sum + count(family), 0));
  try {
    for (const family of families) {
      const built = await buildFamily(family, progress);
      if (!built) progress.advance(count(family));
    }
  } finally {
    progress.end();
  }
}

/** Builds the family, or waits for the process that does. Returns whether it was this one. */
async function buildFamily(family: string, progress: BuildProgress): Promise<boolean> {
  const target = directoryOf(family);
  return await withFileLock(
    `${target}.lock`,
    async () => {
      if (existsSync(target)) return false; // another process built it while this one waited
      removeUnfinished(target);
      // A name of its own: a compiler that outlives a killed owner still writes to the name it was given.
      const building = `${target}.building.${process.pid}`;
      mkdirSync(building, { recursive: true });
      try {
        for (const [name, path] of Object.entries(FAMILIES[family]?.programs ?? {})) {
          progress.begin(`building ${name}`);
          await build(family, path, join(building, name));
          progress.advance(1);
        }
        renameSync(building, target);
        return true;
      } finally {
        rmSync(building, { recursive: true, force: true });
      }
    },
    (owner) => progress.begin(`waiting for ${family}, which process ${owner} builds`),
  );
}

/** What builders that were killed have left. Only the lock's holder may call it. */
function removeUnfinished(target: string): void {
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(`${basename(target)}.building`))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
}

function build(family: string, path: string, output: string): Promise<void> {
  const ldflags = ["-s -w", FAMILIES[family]?.ldflags ?? ""].join(" ").trim();
  const args = ["build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", output, path];
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: join(TOOLS, family),
      env: environment(FAMILIES[family]?.env),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-20_000);
    });
    child.on("error", (error) => reject(new Error(`Go is needed to build ${path}: ${error.message}`)));
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`go build ${path} failed (exit ${code}): ${stderr.trim()}`)),
    );
  });
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  if (names.length === 0) {
    process.stderr.write("usage: node test/cluster/binaries.ts --all | NAME…\n");
    process.exitCode = 2;
  } else {
    const paths = await binaries(names.includes("--all") ? REQUIRED_BINARIES : names);
    if (!names.includes("--all")) process.stdout.write(`${paths.join("\n")}\n`);
  }
}
