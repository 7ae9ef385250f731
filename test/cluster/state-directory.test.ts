import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeStateDirectory } from "./state-directory.ts";

const TREES = 12;

/** Creates enough files for two processes to remove them at the same time. */
function tree(path: string): void {
  for (let index = 0; index < 10; index++) {
    mkdirSync(join(path, `${index}/files`), { recursive: true });
    for (let file = 0; file < 20; file++) writeFileSync(join(path, `${index}/files/${file}`), "");
  }
}

test("a directory is gone after its owner and a sweep have removed it at the same time", async () => {
  const root = mkdtempSync(join(tmpdir(), "state-directory-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const script = `
    const { removeStateDirectory } = await import(${JSON.stringify(join(import.meta.dirname, "state-directory.ts"))});
    process.stdout.write("ready");
    process.stdin.on("data", (path) => {
      removeStateDirectory(String(path));
      process.stdout.write("done");
    });`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  for (let index = 0; index < TREES; index++) {
    const path = join(root, `cluster-${index}`);
    tree(path);
    const done = once(other.stdout, "data");
    other.stdin.write(path);
    removeStateDirectory(path);
    expect(existsSync(path)).toBe(false);
    await done;
  }
  other.stdin.end();
  await once(other, "exit");
  expect(readdirSync(root)).toEqual([]);
});
