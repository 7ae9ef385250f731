import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { execute } from "./execute.ts";
import { withFileLock } from "./file-lock.ts";
import { requireDebianPackages } from "./host-packages.ts";

/** An image as a Docker archive (docker save), to be imported into a node's containerd under `reference`. */
export interface Image {
  reference: string;
  archive: string;
}

/** The same files make the same layer, which a node that has it from another image need not take in again. */
const DETERMINISTIC = ["--timestamp", "0"];
const OUTDATED_MS = 3_600_000;

/** What one image is made of: files from this machine, and the configuration of its container. */
export interface Recipe {
  reference: string;
  /** Path in the image → file or directory on this machine; all are owned by root, programs executable. */
  files: Record<string, string>;
  entrypoint?: string[];
  user?: string;
  env?: Record<string, string>;
  workingDirectory?: string;
}

/** A build by a Dockerfile that users have too, over bases made here. */
export interface DockerfileBuild {
  reference: string;
  dockerfile: string;
  context: string;
  /** What the build takes from the context: with the Dockerfile and the bases, what the image depends on. */
  inputs: string[];
  target?: string;
  /** Build argument → base image. */
  bases: Record<string, Image>;
  /** Path in the build's containers → directory of this machine: what a build elsewhere would download. */
  volumes?: Record<string, string>;
}

/** Files put into an empty image. Built if the cache has none of the same content. */
export async function fromScratch(name: string, r: Recipe): Promise<Image> {
  const described = JSON.stringify({ ...r, files: Object.keys(r.files) });
  const sources = Object.values(r.files);
  const key = remembered(hashOf([described, ...sources.flatMap((path) => contents(path, identity))]), () =>
    hashOf([described, ...sources.flatMap((path) => contents(path))]),
  );
  return await cached(name, r.reference, key, async (archive) => {
    const container = (await buildah("from", "scratch")).trim();
    try {
      const root = (await buildah("mount", container)).trim();
      const placed = new Map<string, string>();
      for (const [path, source] of Object.entries(r.files)) place(source, join(root, path), placed);
      mkdirSync(join(root, "tmp"), { recursive: true });
      chmodSync(join(root, "tmp"), 0o1777);
      await buildah("umount", container);
      const env = Object.entries(r.env ?? { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" });
      const config = [
        ...(r.entrypoint ? ["--entrypoint", JSON.stringify(r.entrypoint)] : []),
        ...(r.user ? ["--user", r.user] : []),
        ...(r.workingDirectory ? ["--workingdir", r.workingDirectory] : []),
        ...env.flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ];
      await buildah("config", ...config, container);
      await buildah("commit", "--quiet", "--format", "docker", ...DETERMINISTIC, container, r.reference);
      await push(r.reference, archive);
    } finally {
      await buildah("rm", container);
    }
  });
}

/** What a Dockerfile makes. Built if the cache has none of the same content. */
export async function fromDockerfile(name: string, build: DockerfileBuild): Promise<Image> {
  const bases = Object.entries(build.bases);
  const key = hashOf([
    build.reference,
    build.target ?? "",
    ...bases.map(([argument, base]) => `${argument}=${base.archive}`),
    ...[build.dockerfile, ...build.inputs].map((file) => readFileSync(file)),
  ]);
  return await cached(name, build.reference, key, async (archive) => {
    for (const base of new Set(Object.values(build.bases))) {
      const pulled = (await buildah("pull", "--quiet", `docker-archive:${base.archive}`)).trim();
      await buildah("tag", pulled.split("\n").at(-1) ?? "", base.reference);
    }
    await buildah(
      "bud",
      "--isolation=chroot",
      "--pull=never",
      "--quiet",
      "--format=docker",
      ...DETERMINISTIC,
      ...bases.flatMap(([argument, base]) => ["--build-arg", `${argument}=${base.reference}`]),
      ...Object.entries(build.volumes ?? {}).flatMap(([inside, path]) => ["--volume", `${path}:${inside}`]),
      ...(build.target ? ["--target", build.target] : []),
      "--tag",
      build.reference,
      "--file",
      build.dockerfile,
      build.context,
    );
    await push(build.reference, archive);
  });
}

/**
 * Writes the archive, and forgets the image: the vfs driver keeps a whole copy of every layer. Layers of a
 * Docker archive are not compressed (those of an OCI archive always are), so that no node of any cluster has
 * to unpack them.
 */
async function push(reference: string, archive: string): Promise<void> {
  await buildah("push", "--quiet", reference, `docker-archive:${archive}:${reference}`);
  await buildah("rmi", "--force", reference);
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
  // One lock for all: buildah's storage is one, and most images take less than a second.
  await withFileLock(cacheDirectory("images", "lock"), async () => {
    if (existsSync(archive)) return;
    process.stderr.write(`images: building ${name}\n`);
    const partial = `${archive}.partial`;
    rmSync(partial, { force: true });
    await build(partial);
    renameSync(partial, archive);
    removeOutdated(name, archive);
  });
  return made;
}

/** Earlier builds of the same image, once nobody can be about to load them any more. */
function removeOutdated(name: string, current: string): void {
  const directory = dirname(current);
  for (const file of readdirSync(directory)) {
    const path = join(directory, file);
    if (path === current || !/^-[0-9a-f]{16}\.tar$/.test(file.slice(name.length)) || !file.startsWith(name))
      continue;
    if (Date.now() - statSync(path).mtimeMs > OUTDATED_MS) rmSync(path, { force: true });
  }
}

async function buildah(...args: string[]): Promise<string> {
  const storage = cacheDirectory("buildah");
  mkdirSync(storage, { recursive: true });
  const where = ["--storage-driver=vfs", "--root", join(storage, "root"), "--runroot", join(storage, "run")];
  return await execute("buildah", [...where, ...args]);
}

/** A file that is placed a second time is a link to the first: images of several large programs halve. */
function place(source: string, target: string, placed: Map<string, string>): void {
  mkdirSync(dirname(target), { recursive: true });
  const first = placed.get(source);
  placed.set(source, target);
  if (first !== undefined) linkSync(first, target);
  else if (lstatSync(source).isDirectory())
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  else copyFileSync(source, target);
  const executable = /\/(bin|sbin)\/|\.sh$|\/[a-z_-]+$|\.so/.test(target);
  if (executable) chmodSync(target, 0o755);
}

/** Names and contents of a file, or of all in a directory. */
function contents(path: string, read: (path: string) => string | Buffer = readFileSync): (string | Buffer)[] {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return [readlinkSync(path)];
  if (!stat.isDirectory()) return [read(path)];
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => [name, ...contents(join(path, name), read)]);
}

/** From here on a file's content is hashed only when its size or time has changed: programs have a hundred megabytes. */
const LARGE_BYTES = 8_000_000;

/** The content of a small file; where a large one is and since when, which changes with its content. */
function identity(path: string): string | Buffer {
  const { size, mtimeMs, ino } = statSync(path);
  return size < LARGE_BYTES ? readFileSync(path) : `${path} ${size} ${mtimeMs} ${ino}`;
}

/** The key that was computed for the same identities before. */
function remembered(identities: string, compute: () => string): string {
  const file = cacheDirectory("images", "keys", identities);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const key = compute();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, key);
  renameSync(`${file}.${process.pid}`, file);
  return key;
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256").update("docker-archive, deterministic\0");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}
