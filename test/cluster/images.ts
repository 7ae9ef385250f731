import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { binary, moduleDirectory } from "./binaries.ts";
import { cacheDirectory } from "./cache.ts";
import { execute } from "./execute.ts";
import { withFileLock } from "./file-lock.ts";
import { requireDebianPackages } from "./host-packages.ts";

/** An image as an OCI archive, to be imported into a node's containerd under `reference`. */
export interface Image {
  reference: string;
  archive: string;
}

/** What one image is made of: files from this machine, and the configuration of its container. */
interface Recipe {
  reference: string;
  /** Path in the image → file or directory on this machine; all are owned by root, programs executable. */
  files: Record<string, string>;
  entrypoint?: string[];
  user?: string;
  env?: Record<string, string>;
  workingDirectory?: string;
}

const REPOSITORY = resolve(import.meta.dirname, "../..");
const UPSTREAM = "ghcr.io/k8snetworkplumbingwg/multus-cni";

/** The references that the cluster's samples and tests use: those that a user's registry would have. */
export const IMAGES = {
  pause: "registry.k8s.io/pause:test",
  busybox: "docker.io/library/busybox:test",
  "multus-v4.3.0": `${UPSTREAM}:v4.3.0`,
  "multus-v4.3.0-thick": `${UPSTREAM}:v4.3.0-thick`,
  "multus-v3.4.2": "docker.io/nfvpe/multus:v3.4.2",
  operator: "ghcr.io/multus-operator/multus-operator:test",
} as const;
export type ImageName = keyof typeof IMAGES;

/** The image, built if the cache has none of the same content. Several processes may ask at once. */
export async function image(name: ImageName): Promise<Image> {
  if (name === "operator") return await operatorImage();
  const scratch = mkdtempSync(join(tmpdir(), "multus-operator-image-"));
  try {
    return await fromScratch(name, await recipe(name, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function recipe(name: Exclude<ImageName, "operator">, scratch: string): Promise<Recipe> {
  const reference = IMAGES[name];
  switch (name) {
    case "pause":
      return { reference, files: { "/pause": await compilePause(scratch) }, entrypoint: ["/pause"] };
    case "busybox":
      return { reference, files: { "/bin": await busyboxTools(scratch) } };
    case "multus-v4.3.0":
    case "multus-v4.3.0-thick":
      return { reference, files: await multusV4(scratch), entrypoint: ["/thin_entrypoint"] };
    case "multus-v3.4.2": {
      const source = moduleDirectory("multus-v3", "gopkg.in/intel/multus-cni.v3");
      return {
        reference,
        files: {
          "/bin": await busyboxTools(scratch, "/bin/bash"),
          "/usr/src/multus-cni/bin/multus": await binary("multus-v3"),
          "/usr/src/multus-cni/images": join(source, "images"),
          "/entrypoint.sh": join(source, "images/entrypoint.sh"),
        },
        entrypoint: ["/entrypoint.sh"],
        workingDirectory: "/usr/src/multus-cni",
      };
    }
  }
}

/** As upstream's images/Dockerfile lays it out: no shell, everything in /usr/src/multus-cni/bin and the entrypoints at /. */
async function multusV4(scratch: string): Promise<Record<string, string>> {
  // The daemon asks for its user's name, and crashes on a nil pointer where there is no /etc/passwd.
  const passwd = join(scratch, "passwd");
  writeFileSync(passwd, "root:x:0:0:root:/root:/sbin/nologin\n");
  // Runtimes name pods' network namespaces by /var/run/netns, and the daemon looks there.
  const variable = join(scratch, "var");
  mkdirSync(variable);
  symlinkSync("/run", join(variable, "run"));
  const files: Record<string, string> = { "/etc/passwd": passwd, "/var": variable };
  for (const name of [
    "multus",
    "multus-shim",
    "multus-daemon",
    "passthru",
    "install_multus",
    "thin_entrypoint",
    "kubeconfig_generator",
    "cert-approver",
  ])
    files[`/usr/src/multus-cni/bin/${name}`] = await binary(name);
  for (const name of ["install_multus", "thin_entrypoint", "kubeconfig_generator"])
    files[`/${name}`] = await binary(name);
  return files;
}

/** The program that a sandbox's first process is: it waits, and reaps children. */
async function compilePause(scratch: string): Promise<string> {
  const source = join(scratch, "pause.c");
  writeFileSync(
    source,
    `#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`,
  );
  await execute("cc", ["-static", "-Os", "-s", "-o", join(scratch, "pause"), source]);
  return join(scratch, "pause");
}

async function busyboxTools(scratch: string, ...more: string[]): Promise<string> {
  await requireDebianPackages(["busybox-static", "bash-static"]);
  const directory = join(scratch, "bin");
  mkdirSync(directory);
  copyFileSync("/bin/busybox", join(directory, "busybox"));
  for (const applet of (await execute("/bin/busybox", ["--list"])).split("\n").filter(Boolean))
    if (applet !== "busybox") symlinkSync("busybox", join(directory, applet));
  if (more.length > 0) {
    rmSync(join(directory, "bash"), { force: true });
    copyFileSync("/bin/bash-static", join(directory, "bash"));
  }
  return directory;
}

/** The operator's image from the project's own Dockerfile, over a base that holds Node and the libraries it needs. */
async function operatorImage(): Promise<Image> {
  const base = await nodeBase();
  const inputs = ["Dockerfile", "dist/multus-operator.mjs", "package.json"].map((file) =>
    join(REPOSITORY, file),
  );
  for (const file of inputs)
    if (!existsSync(file)) throw new Error(`${file} is missing: run \`make build\` first`);
  const key = hashOf([base.archive, ...inputs.map((file) => readFileSync(file))]);
  return await cached("operator", IMAGES.operator, key, async (archive) => {
    await buildah(["pull", "--quiet", `oci-archive:${base.archive}`]).catch(() => "");
    const id =
      (await buildah(["pull", "--quiet", `oci-archive:${base.archive}`])).trim().split("\n").at(-1) ?? "";
    await buildah(["tag", id, base.reference]);
    await buildah([
      "bud",
      "--isolation",
      "chroot",
      "--pull=never",
      "--quiet",
      "--build-arg",
      `BASE=${base.reference}`,
      "--tag",
      IMAGES.operator,
      "-f",
      join(REPOSITORY, "Dockerfile"),
      REPOSITORY,
    ]);
    await buildah(["push", "--quiet", IMAGES.operator, `oci-archive:${archive}:${IMAGES.operator}`]);
  });
}

/** Node and its shared libraries, as the official node image has them in other words: `node` on the PATH, user 65532. */
async function nodeBase(): Promise<Image> {
  const node = process.execPath;
  const libraries = (await execute("ldd", [node])).match(/\/\S+\.so\S*/g) ?? [];
  const files: Record<string, string> = { "/usr/local/bin/node": node };
  for (const library of libraries) files[library] = library;
  return await fromScratch("node-base", {
    reference: "localhost/node-base:test",
    files,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    user: "65532:65532",
  });
}

async function fromScratch(name: string, r: Recipe): Promise<Image> {
  const key = hashOf([
    JSON.stringify({ ...r, files: Object.keys(r.files) }),
    ...Object.values(r.files).flatMap(contents),
  ]);
  return await cached(name, r.reference, key, async (archive) => {
    const container = (await buildah(["from", "scratch"])).trim();
    try {
      const root = (await buildah(["mount", container])).trim();
      for (const [path, source] of Object.entries(r.files)) place(source, join(root, path));
      mkdirSync(join(root, "tmp"), { recursive: true });
      chmodSync(join(root, "tmp"), 0o1777);
      await buildah(["umount", container]);
      const config = [
        ...(r.entrypoint ? ["--entrypoint", JSON.stringify(r.entrypoint)] : []),
        ...(r.user ? ["--user", r.user] : []),
        ...(r.workingDirectory ? ["--workingdir", r.workingDirectory] : []),
        ...Object.entries(r.env ?? { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }).flatMap(([k, v]) => [
          "--env",
          `${k}=${v}`,
        ]),
      ];
      await buildah(["config", ...config, container]);
      await buildah(["commit", "--quiet", "--format", "oci", container, r.reference]);
      await buildah(["push", "--quiet", r.reference, `oci-archive:${archive}:${r.reference}`]);
    } finally {
      await buildah(["rm", container]);
    }
  });
}

async function cached(
  name: string,
  reference: string,
  key: string,
  build: (archive: string) => Promise<void>,
): Promise<Image> {
  const archive = cacheDirectory("images", `${name}-${key}.tar`);
  const made = { reference, archive };
  if (existsSync(archive)) return made;
  await requireDebianPackages(["buildah"]);
  // One lock for all: buildah's storage is one, and an image takes less than a second.
  await withFileLock(cacheDirectory("images", "lock"), async () => {
    if (existsSync(archive)) return;
    process.stderr.write(`images: building ${name}\n`);
    const partial = `${archive}.partial`;
    rmSync(partial, { force: true });
    await build(partial);
    renameSync(partial, archive);
  });
  return made;
}

async function buildah(args: string[]): Promise<string> {
  const storage = cacheDirectory("buildah");
  mkdirSync(storage, { recursive: true });
  return await execute(
    "buildah",
    ["--storage-driver", "vfs", "--root", join(storage, "root"), "--runroot", join(storage, "run"), ...args],
    {
      env: { ...process.env, BUILDAH_ISOLATION: "chroot" },
    },
  );
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  if (lstatSync(source).isDirectory()) cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  else copyFileSync(source, target);
  const executable = /\/(bin|sbin)\/|\.sh$|\/[a-z_-]+$|\.so/.test(target);
  if (executable) chmodSync(target, 0o755);
}

function contents(path: string): Buffer[] {
  try {
    return readdirSync(path)
      .toSorted()
      .flatMap((name) => [Buffer.from(name)]);
  } catch {
    return [readFileSync(path)];
  }
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}
