import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, processIdentity } from "./file-lock.ts";

const ROOT = join(tmpdir(), "multus-operator-test");
const OWNER = "owner";

/** A new directory for what one control plane or cluster keeps while it runs, marked with this process as its owner. */
export function createStateDirectory(kind: string): string {
  mkdirSync(ROOT, { recursive: true });
  const directory = mkdtempSync(join(ROOT, `${kind}-`));
  writeFileSync(join(directory, OWNER), processIdentity(process.pid) ?? "");
  return directory;
}

/** The directories whose owner has died without cleaning up. */
export function orphanedStateDirectories(kind: string): string[] {
  return list(ROOT)
    .filter((name) => name.startsWith(`${kind}-`))
    .map((name) => join(ROOT, name))
    .filter((directory) => !isAlive(ownerOf(directory)));
}

export function removeStateDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
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
