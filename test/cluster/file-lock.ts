import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs `work` while this process alone holds `path`. The file holds the owner's pid and its start time, so
 * that the lock of a process that died is taken over, even when its pid was given to another since.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  while (!tryLock(path)) await sleep(200);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Takes the lock if it is free or its owner is dead. The file appears whole or not at all (link(2)). */
export function tryLock(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, processIdentity(process.pid) ?? "");
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        linkSync(mine, path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      if (isAlive(readIdentity(path))) return false;
      rmSync(path, { force: true });
    }
    return false;
  } finally {
    unlinkSync(mine);
  }
}

/** Whether the process that wrote this identity still runs. */
export function isAlive(identity: string | undefined): boolean {
  const pid = Number(identity?.split(" ")[0]);
  return Number.isInteger(pid) && pid > 0 && processIdentity(pid) === identity;
}

/** "pid starttime": a pid alone may belong to another process after a while (proc(5), field 22). */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (afterName[0] === "Z" || afterName[0] === "X") return undefined;
    return `${pid} ${afterName[19]}`;
  } catch {
    return undefined;
  }
}

function readIdentity(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
