import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isAlive, processIdentity } from "./file-lock.ts";

const uid = process.getuid?.() ?? 0;

/**
 * What runs of the tests keep while they run, all of it swept when its owner has died. Root's is not shared
 * with the others, who could not write to it.
 */
export const STATE_ROOT = join(tmpdir(), uid === 0 ? "multus-operator-test" : `multus-operator-test-${uid}`);
const OWNER = "owner";

/** A new directory for what one control plane or cluster keeps while it runs, marked with this process as its owner. */
export function createStateDirectory(kind: string): string {
  mkdirSync(STATE_ROOT, { recursive: true });
  const unnamed = mkdtempSync(join(STATE_ROOT, "new-"));
  writeFileSync(join(unnamed, OWNER), processIdentity(process.pid) ?? "");
  // Only now under its name: a sweep between the two would see a directory without an owner and remove it.
  const directory = unnamed.replace(/new-(?=[^/]*$)/, `${kind}-`);
  renameSync(unnamed, directory);
  return directory;
}

/** The directories whose owner has died without cleaning up. */
export function orphanedStateDirectories(kind: string): string[] {
  return list(STATE_ROOT)
    .filter((name) => name.startsWith(`${kind}-`))
    .map((name) => join(STATE_ROOT, name))
    .filter((directory) => !isAlive(ownerOf(directory)));
}

/**
 * Removes the directory, also while a sweep of another process removes it. It has another name first, which one of them
 * gives it: of two processes that remove one tree at a time each leaves what the other has not got to yet, and says nothing.
 */
export function removeStateDirectory(directory: string): void {
  const removed = join(dirname(directory), `removed-${process.pid}-${basename(directory)}`);
  try {
    renameSync(directory, removed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  rmSync(removed, { recursive: true, force: true });
}

function ownerOf(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, OWNER), "utf8");
  } catch {
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
