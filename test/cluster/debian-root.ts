import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { execute } from "./execute.ts";
import { withFileLock } from "./file-lock.ts";

/** Debian's packages are downloaded, and unpacked on whatever disk there is: minutes, while other tests run. */
const DOWNLOAD_MS = 1_500_000;

/** How the directory is named in which the system is made. */
const MAKING = "making-";

/** The release of Debian that this machine has, which the new root gets too. */
export function release(): string {
  return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
}

/**
 * An archive of Debian's minimal system with these packages and nothing else, made by debootstrap once and kept in the
 * cache.
 */
export async function debianRoot(packages: readonly string[], say: (text: string) => void): Promise<string> {
  const key = createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 16);
  const archive = cacheDirectory("fresh", `${release()}-${key}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(dirname(archive), { recursive: true });
  await withFileLock(
    `${archive}.lock`,
    async () => {
      if (existsSync(archive)) return;
      say(`making Debian ${release()}, minimal, with ${packages.join(", ")} (once)`);
      for (const name of readdirSync(dirname(archive)))
        if (name.startsWith(MAKING)) rmSync(join(dirname(archive), name), { recursive: true });
      const directory = mkdtempSync(join(dirname(archive), MAKING));
      try {
        const root = join(directory, "root");
        const include = `--include=${packages.join(",")}`;
        // What it mounts is gone with its namespace, whatever happens.
        const inside = ["--mount", "--propagation=private", "--", "debootstrap"];
        const made = [...inside, "--variant=minbase", include, release(), root, await mirror()];
        await execute("unshare", made, { timeoutMs: DOWNLOAD_MS });
        rmSync(join(root, "var/cache/apt/archives"), { recursive: true });
        await execute("tar", [
          "--create",
          "--numeric-owner",
          "--file",
          `${archive}.partial`,
          "-C",
          root,
          ".",
        ]);
        renameSync(`${archive}.partial`, archive);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    (owner) => say(`waiting for process ${owner}, which makes Debian's minimal system`),
  );
  return archive;
}

/** Where this machine's apt gets the release itself from, not its updates. */
async function mirror(): Promise<string> {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(IDENTIFIER)";
  const targets = await execute("apt-get", ["indextargets", "--format", format]);
  const found = targets.split("\n").find((line) => line.includes(` ${release()} main Packages`));
  if (found === undefined) throw new Error(`this machine's apt has no source of Debian ${release()} main`);
  return found.split(" ")[0] ?? "";
}
