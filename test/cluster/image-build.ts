import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { binary } from "./binaries.ts";
import { cacheDirectory } from "./cache.ts";
import { execute } from "./execute.ts";
import { FAMILIES } from "./families.ts";
import { withFileLock } from "./file-lock.ts";
import { requireDebianPackages } from "./host-packages.ts";
import { image } from "./images.ts";

/**
 * The environment in which `make multus-image` and buildah build from the Dockerfiles that users have, over
 * bases made here: the build finds this machine's Go, its module cache and its build cache, so that it
 * downloads nothing, and its layers are kept between runs.
 *
 * @param family whose Go toolchain the build uses
 */
export async function offlineBuildEnvironment(
  family: "multus-v3" | "multus-v4",
): Promise<Record<string, string>> {
  await requireDebianPackages(["buildah"]);
  await binary(family === "multus-v3" ? "multus-v3" : "multus"); // downloads modules and toolchain
  const context = join(import.meta.dirname, "tools", family);
  const goEnv = { ...process.env, ...FAMILIES[family]?.env };
  const found = await execute("go", ["env", "GOROOT", "GOMODCACHE", "GOCACHE"], { cwd: context, env: goEnv });
  const [root = "", modules = "", cache = ""] = found.split("\n");
  const volumes = { "/usr/local/go": root, "/go/pkg/mod": modules, "/root/.cache/go-build": cache };
  const storage = storageEnvironment();
  const base = await loadBase(storage);
  const options = Object.entries(volumes).map(([inside, path]) => `--volume=${path}:${inside}`);
  return {
    ...storage,
    TOOL: "buildah",
    BUILDER: base,
    BASE: base,
    BUILD_OPTIONS: ["--isolation=chroot", "--pull=never", "--timestamp=0", ...options].join(" "),
  };
}

/** buildah's images in the cache, apart from those of the images that tests load by archive. */
function storageEnvironment(): Record<string, string> {
  const directory = cacheDirectory("image-build");
  const file = join(directory, "storage.conf");
  mkdirSync(directory, { recursive: true });
  const [root, run] = [join(directory, "root"), join(directory, "run")];
  writeFileSync(file, `[storage]\ndriver = "vfs"\ngraphroot = "${root}"\nrunroot = "${run}"\n`);
  return { CONTAINERS_STORAGE_CONF: file };
}

async function loadBase(env: Record<string, string>): Promise<string> {
  const { archive } = await image("shell-base");
  const name = `localhost/base:${basename(archive, ".tar")}`;
  const buildah = (...args: string[]) => execute("buildah", args, { env: { ...process.env, ...env } });
  await withFileLock(cacheDirectory("image-build", "lock"), async () => {
    if ((await buildah("images", "--quiet", "--filter", `reference=${name}`)).trim() !== "") return;
    const id = (await buildah("pull", "--quiet", `docker-archive:${archive}`)).trim().split("\n").at(-1);
    await buildah("tag", id ?? "", name);
  });
  return name;
}
