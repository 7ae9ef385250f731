import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { z } from "zod";
import { isReferencePlugin } from "../crds/reference-plugins.ts";
import { UnreadableRecord } from "./errors.ts";
import { type Host, noneIfAbsent } from "./host.ts";

/**
 * What the operator has installed in a plugin directory, kept in that directory: it is on the file system of what it
 * describes, moves with it, and is there when the operator, or the MultusInstall, is not.
 */
export const PLUGIN_RECORD = ".multus-operator.json";
/** The file begins with a dot: no runtime calls a plugin of that name, since it is in no configuration. */
const TEMPORARY = /^\.multus-operator\.[a-z-]+\.tmp$/;
export const temporaryOf = (name: string) => `.multus-operator.${name}.tmp`;
export const isTemporary = (name: string) => TEMPORARY.test(name);
/** Where a pod that installs plugins has the programs of their image. */
export const PLUGINS_SOURCE = "/plugins";
const MAX_RECORD_BYTES = 64 * 1024;

/**
 * A file that was installed. A package that puts a program of the same bytes there makes it its own: its file has another
 * inode, or was written at another time.
 */
const fileIdentity = z.object({ sha256: z.string().length(64), inode: z.number(), modifiedMs: z.number() });
export type FileIdentity = z.output<typeof fileIdentity>;

const schema = z.object({
  image: z.string().max(640),
  /** Each with what may be there: two while one is replaced. */
  programs: z
    .record(z.string(), z.array(fileIdentity).max(2))
    .refine((programs) => Object.keys(programs).every(isReferencePlugin)),
});
export type PluginRecord = z.output<typeof schema>;

/** Undefined if there is none. Throws an UnreadableRecord: what is not known is not taken for nothing. */
export async function readRecord(host: Host, binDir: string): Promise<PluginRecord | undefined> {
  const path = `${binDir}/${PLUGIN_RECORD}`;
  if (!(await host.stat(path))) return undefined;
  const text = await host.text(path, MAX_RECORD_BYTES);
  try {
    return schema.parse(JSON.parse(text ?? ""));
  } catch {
    throw new UnreadableRecord(path);
  }
}

/** Replaces the record as a whole, on the disk when it returns; removes it if it has no programs. */
export async function writeRecord(host: Host, binDir: string, record: PluginRecord): Promise<void> {
  const path = host.inside(`${binDir}/${PLUGIN_RECORD}`);
  if (Object.keys(record.programs).length === 0) {
    await unlink(path).catch(noneIfAbsent);
    return await syncDirectory(host, binDir);
  }
  const temporary = host.inside(`${binDir}/${temporaryOf("record")}`);
  await unlink(temporary).catch(noneIfAbsent);
  const file = await open(temporary, "wx", 0o644);
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(host, binDir);
}

/** What the file is at a path, by inode and time; undefined if it is not a regular file. */
export async function placeOf(host: Host, path: string): Promise<Omit<FileIdentity, "sha256"> | undefined> {
  const stats = await host.stat(path);
  return stats?.isFile() ? { inode: stats.ino, modifiedMs: stats.mtimeMs } : undefined;
}

/** Whether the file at a path is one of those that were installed. */
export async function isInstalled(
  host: Host,
  path: string,
  candidates: readonly FileIdentity[],
): Promise<FileIdentity | undefined> {
  const place = await placeOf(host, path);
  const known = candidates.filter(
    ({ inode, modifiedMs }) => inode === place?.inode && modifiedMs === place.modifiedMs,
  );
  if (known.length === 0) return undefined;
  const digest = await host.withFile(path, sha256Of);
  return known.find(({ sha256 }) => sha256 === digest);
}

export async function sha256Of(file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(256 * 1024);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** A name that was added, moved or removed is so after a power failure too. */
export async function syncDirectory(host: Host, directory: string): Promise<void> {
  const handle = await open(host.inside(directory), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
