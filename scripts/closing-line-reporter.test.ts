import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { CommandError, execute } from "../test/cluster/execute.ts";
import { shortLine } from "./closing-line-reporter.ts";

it("says file, name and the first line of the error, in 200 characters", () => {
  expect(shortLine("test/a.test.ts", "one > two", new Error("\u001b[31mwrong\u001b[0m\nand more"))).toBe(
    "test/a.test.ts > one > two: wrong",
  );
  const long = shortLine("test/a.test.ts", "n".repeat(300), new Error("e".repeat(300)));
  expect(long).toHaveLength(200);
  expect(long).toMatch(/^test\/a\.test\.ts > n+…: e+…$/);
});

it("ends a run with a line for each failure, of tests and of hooks, and the count", async () => {
  const root = resolve(import.meta.dirname, "..");
  const directory = mkdtempSync(join(tmpdir(), "closing-line-"));
  const tests = `
it("passes", () => {});
it("fails", () => expect(1).toBe(2));
it.skip("is skipped", () => {});
describe("a suite", () => {
  beforeAll(() => { throw new Error("no server"); });
  it("cannot run", () => {});
});
describe.skip("a suite that is skipped", () => {
  describe.skip("and one in it", () => it("is skipped too", () => {}));
});
`;
  try {
    writeFileSync(join(directory, "some.test.ts"), tests);
    const arguments_ = [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      `--root=${directory}`,
      "--globals", // there is no vitest to import from a temporary directory
      `--reporter=${join(root, "scripts/closing-line-reporter.ts")}`,
    ];
    const printed = await execute(process.execPath, arguments_, { cwd: root }).catch((error: unknown) => {
      if (error instanceof CommandError) return error.stdout;
      throw error;
    });
    expect(printed.trim().split("\n").slice(-3)).toEqual([
      "FAILED some.test.ts > a suite: no server",
      "FAILED some.test.ts > fails: expected 1 to be 2 // Object.is equality",
      "1 passed, 2 failed, 3 skipped",
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
