import { constants, type Dirent, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isBelow, PERMITTED_HOST_PATHS } from "../crds/multus-install/permitted-host-paths.ts";
import { byName } from "./conf-file.ts";
import { ForbiddenPath } from "./errors.ts";

/**
 * The host's file system as a pod sees it: the directories that are mounted below `root`, at their own paths.
 * Nothing on it is trusted: a name may be a link that leads elsewhere, a pipe that never answers, or a file
 * without end. So links are not followed, only regular files are opened, and reads are bounded.
 */
export class Host {
  readonly #root: string;

  /** @param root where the host's directories are mounted: /host in a pod */
  constructor(root: string) {
    this.#root = root;
  }

  /** The path inside the pod. Throws a ForbiddenPath for one that is not of the allow-list. */
  inside(path: string): string {
    if (!isAllowed(path)) throw new ForbiddenPath(path);
    return join(this.#root, path);
  }

  /** What is at the path itself, or undefined if there is nothing. */
  async stat(path: string): Promise<Stats | undefined> {
    return await lstat(this.inside(path)).catch(noneIfAbsent);
  }

  /**
   * Whether two paths are one directory: the host may have a link or a mount at either, such as from /etc/cni/net.d to where
   * K3s has its own, and a pod's mount of a path shows what that leads to.
   */
  async isSameDirectory(one: string, other: string): Promise<boolean> {
    const [a, b] = [await this.stat(one), await this.stat(other)];
    return a?.isDirectory() === true && a.dev === b?.dev && a.ino === b.ino;
  }

  /** The entries of a directory by name; none where it is absent, a link, or no directory. */
  async entries(directory: string): Promise<Dirent[]> {
    const stats = await this.stat(directory);
    if (!stats?.isDirectory()) return [];
    const entries = await readdir(this.inside(directory), { withFileTypes: true });
    return entries.toSorted((a, b) => byName(a.name, b.name));
  }

  /** The beginning of a regular file, at most `most` bytes; undefined for everything else, and where it is longer. */
  async text(path: string, most: number): Promise<string | undefined> {
    return await this.withFile(path, async (file) => {
      const buffer = Buffer.alloc(most + 1);
      const { bytesRead } = await file.read(buffer, 0, most + 1, 0);
      return bytesRead > most ? undefined : buffer.toString("utf8", 0, bytesRead);
    });
  }

  /** Hands a regular file, opened for reading, to `use`; undefined if there is none or it may not be read. */
  async withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    let file: FileHandle;
    try {
      // NONBLOCK: opening a pipe would wait for its writer.
      file = await open(this.inside(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (error instanceof ForbiddenPath) throw error;
      return undefined;
    }
    try {
      return (await file.stat()).isFile() ? await use(file) : undefined;
    } finally {
      await file.close();
    }
  }
}

/** Where the daemon listens, and where Multus keeps what it did for each pod (pkg/server, pkg/types of Multus). */
export const SOCKET_DIR = "/run/multus";
export const DAEMON_SOCKET = `${SOCKET_DIR}/multus.sock`;
export const CACHE_DIR = "/var/lib/cni/multus";

const ROOTS = [
  SOCKET_DIR,
  CACHE_DIR,
  ...[PERMITTED_HOST_PATHS.common, ...Object.values(PERMITTED_HOST_PATHS.own)].flatMap(({ conf, bin }) => [
    ...conf,
    ...bin,
  ]),
];

function isAllowed(path: string): boolean {
  return (
    !path.includes("\0") &&
    !path.split("/").some((part) => part === "." || part === "..") &&
    isBelow(ROOTS, path)
  );
}

export function noneIfAbsent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
