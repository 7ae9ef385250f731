import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, processIdentity, tryLock, withFileLock } from "./file-lock.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "file-lock-"));
  path = join(directory, "lock");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Another process that runs `body` with withFileLock, tryLock, `path` and appendFileSync at hand. */
function other(body: string) {
  const module = JSON.stringify(join(import.meta.dirname, "file-lock.ts"));
  const script = `
    const { withFileLock, tryLock } = await import(${module});
    const { appendFileSync } = await import("node:fs");
    const { setTimeout: sleep } = await import("node:timers/promises");
    const directory = ${JSON.stringify(directory)}, path = ${JSON.stringify(path)};
    ${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("a second owner waits, and is told who holds it", async () => {
  const holder = other(`await withFileLock(path, async () => { console.log("held"); await sleep(500); });`);
  await once(holder.stdout, "data");
  expect(tryLock(path)).toBe(false);
  const waitedFor: string[] = [];
  const released = await withFileLock(
    path,
    async () => holder.exitCode !== null || readFileSync(path, "utf8").startsWith(`${process.pid} `),
    (pid) => waitedFor.push(pid),
  );
  expect(released).toBe(true);
  expect(waitedFor).toEqual([String(holder.pid)]);
  expect(readdirSync(directory)).toEqual([]);
});

test("a killed owner's lock is taken over", async () => {
  const holder = other(`tryLock(path); console.log("held"); setInterval(() => {}, 1000);`);
  await once(holder.stdout, "data");
  expect(tryLock(path)).toBe(false);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(tryLock(path)).toBe(true);
});

test("the lock of a process whose pid another has now is taken over", () => {
  const [pid, started] = (processIdentity(process.pid) ?? "").split(" ");
  writeFileSync(path, `${pid} ${Number(started) - 1}`);
  expect(isAlive(readFileSync(path, "utf8"))).toBe(false);
  expect(tryLock(path)).toBe(true);
});

test("when many see the same dead owner, one at a time gets in", async () => {
  const log = join(directory, "log");
  const dead = "999999999 1";
  const workers = Array.from({ length: 6 }, () =>
    other(`
      for (let turn = 0; turn < 40; turn++) {
        while (!tryLock(path)) await sleep(0);
        appendFileSync(${JSON.stringify(log)}, process.pid + " in\\n");
        appendFileSync(${JSON.stringify(log)}, process.pid + " out\\n");
        // The owner dies here: its identity gives way to a dead one's.
        (await import("node:fs")).writeFileSync(path, ${JSON.stringify(dead)});
      }`),
  );
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(6 * 40 * 2);
  for (let index = 0; index < lines.length; index += 2) {
    const owner = lines[index]?.split(" ")[0];
    expect(lines.slice(index, index + 2)).toEqual([`${owner} in`, `${owner} out`]);
  }
  expect(existsSync(`${path}.takeover`)).toBe(false);
});
