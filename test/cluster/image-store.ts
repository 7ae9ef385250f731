import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaries } from "./binaries.ts";
import type { Image } from "./buildah.ts";
import { cacheDirectory } from "./cache.ts";
import { containerdConfiguration } from "./containerd-config.ts";
import { Daemon, waitUntil } from "./daemon.ts";
import { CommandError, execute } from "./execute.ts";
import { withFileLock } from "./file-lock.ts";
import { type ImageName, image } from "./images.ts";

/**
 * Each node of each cluster needs the same images, hundreds of megabytes that containerd hashes, writes and unpacks. It
 * does so once: a store is containerd's root directory with certain images in it, kept in the cache, and a node begins
 * with a copy, in which large files are links to the store's. Containerd never changes such a file: it adds and removes.
 */

/** Below containerd's root: what is written once. The rest (its databases) is copied. */
const WRITTEN_ONCE = [
  join("io.containerd.content.v1.content", "blobs"),
  join("io.containerd.snapshotter.v1.overlayfs", "snapshots"),
];
const UNUSED_MS = 86_400_000;
/** Every source change makes another; a store is small, for its files are links to those of the store that it began with. */
const LAST: ImageName = "operator";

/** The directory of a store with these images, made if the cache has none of the same content. */
export async function imageStore(names: readonly ImageName[]): Promise<string> {
  const stable = names.filter((name) => name !== LAST).toSorted();
  const built: Image[] = [];
  for (const name of names.includes(LAST) ? [...stable, LAST] : stable) built.push(await image(name));
  return await withFileLock(cacheDirectory("image-stores", "lock"), async () => await storeOf(built));
}

/** A store of all images is the store of all but the last, and the last. */
async function storeOf(images: readonly Image[]): Promise<string> {
  const last = images.at(-1);
  const [containerd = ""] = await binaries(["containerd"]);
  const parts = [containerd, ...images.map(({ archive }) => archive)];
  const key = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
  const store = cacheDirectory("image-stores", key);
  if (!existsSync(store)) {
    const partial = `${store}.partial`;
    rmSync(partial, { recursive: true, force: true });
    if (last === undefined) mkdirSync(partial, { recursive: true });
    else {
      await copyImageStore(await storeOf(images.slice(0, -1)), partial);
      await importInto(partial, last);
    }
    renameSync(partial, store);
    removeUnused();
  }
  utimesSync(store, new Date(), new Date());
  return store;
}

async function importInto(root: string, { archive }: Image): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "multus-operator-images-"));
  const [containerd = "", ctr = ""] = await binaries(["containerd", "ctr"]);
  const config = join(scratch, "containerd.toml");
  const socket = join(scratch, "containerd.sock");
  writeFileSync(config, containerdConfiguration(root, scratch));
  // What it mounts to unpack a layer is seen by no one else.
  const daemon = Daemon.start({
    name: "containerd",
    command: "unshare",
    args: ["--mount", "--propagation=private", containerd, "--config", config],
    logFile: join(scratch, "containerd.log"),
    graceMs: 10_000,
  });
  try {
    const check = () => daemon.assertRunning();
    const client = ["--address", socket, "-n", "k8s.io"];
    await waitUntil("containerd", async () => (await execute(ctr, [...client, "version"])) !== "", { check });
    await execute(ctr, [...client, "images", "import", archive]);
  } finally {
    await daemon.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A directory that containerd may use as its root, with the images of the store. */
export async function copyImageStore(store: string, target: string): Promise<void> {
  const writtenOnce = WRITTEN_ONCE.map((path) => join(store, path));
  cpSync(store, target, { recursive: true, filter: (path) => !writtenOnce.includes(path) });
  for (const path of WRITTEN_ONCE) {
    const [from, to] = [join(store, path), join(target, path)];
    if (!existsSync(from)) continue;
    try {
      await execute("cp", ["--archive", "--link", from, to]);
    } catch (error) {
      if (!(error instanceof CommandError && error.stderr.includes("cross-device"))) throw error;
      rmSync(to, { recursive: true, force: true });
      await execute("cp", ["--archive", from, to]);
    }
  }
}

/**
 * Stores that nothing has asked for since yesterday; those that share files with them keep theirs. What else is in the
 * directory belongs to the lock: its waiters' files come and go at any moment.
 */
export function removeUnused(directory = cacheDirectory("image-stores")): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const store = join(directory, entry.name);
    if (Date.now() - statSync(store).mtimeMs > UNUSED_MS) rmSync(store, { recursive: true, force: true });
  }
}
