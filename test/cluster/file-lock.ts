import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * Why not proper-lockfile: there a lock is alive while a timer of its owner renews its file. These owners block their
 * event loop (execFileSync) for longer than such a lease, and one that was killed would block the next run until the lease
 * ends. Here the kernel knows whether the owner runs, so the lock of a dead process is free at once. The price: owners and
 * waiters share one PID namespace; `make fresh`, which has its own, shares no lock with the machine.
 */

/**
 * Runs `work` while this process alone holds `path`. The file holds the owner's pid and its start time, so
 * that the lock of a process that died is taken over, even when its pid was given to another since.
 * `onWait` is called once, with the owner's pid, when another process holds it.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: (ownerPid: string) => void = () => {},
): Promise<T> {
  for (let told = false; !tryLock(path); await sleep(200)) {
    if (!told) onWait(read(path)?.split(" ")[0] ?? "?");
    told = true;
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Takes the lock if it is free or its owner is dead; it dies with this process, or is given back by removing
 * the file. The file appears whole or not at all (link(2)).
 */
export function tryLock(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, processIdentity(process.pid) ?? "");
  try {
    return link(mine, path) || (removeStale(path) && link(mine, path));
  } finally {
    unlinkSync(mine);
  }
}

/**
 * Removes the lock if its owner is dead, and says whether it did. Of several that see it dead only the holder of the second lock may, and looks
 * again: else the slower one would remove the lock that the faster one has just taken.
 */
export function removeStale(path: string): boolean {
  if (!isStale(path)) return false;
  const guard = `${path}.takeover`;
  if (!tryLock(guard)) return false;
  try {
    if (!isStale(path)) return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

function isStale(path: string): boolean {
  const owner = read(path);
  return owner !== undefined && !isAlive(owner);
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the process that wrote this identity still runs. */
export function isAlive(identity: string | undefined): boolean {
  const pid = Number(identity?.split(" ")[0]);
  return Number.isInteger(pid) && pid > 0 && processIdentity(pid) === identity;
}

/** "pid starttime": a pid alone may belong to another process after a while (proc(5), field 22). */
export function processIdentity(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (afterName[0] === "Z" || afterName[0] === "X") return undefined;
  return `${pid} ${afterName[19]}`;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
