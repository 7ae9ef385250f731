import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heapFigures } from "./snapshot.ts";

const MIB = 1024 * 1024;

/** What a program keeps, of one part of the heap each. */
const KEPT = `
  const text = Buffer.from("/* " + "no code, but text of a program ".repeat(40_000) + "*/ () => 1").toString();
  globalThis.kept = [
    Buffer.alloc(3 * 1024 * 1024, 1),
    Array.from({ length: 20_000 }, (_, n) => ("string number " + n + "x".repeat(60)).toUpperCase()),
    require("node:vm").runInThisContext(text),
    Array.from({ length: 30_000 }, (_, n) => ({ n, half: n / 2, text: undefined })),
  ];`;

test("the heap's bytes are counted where they are", () => {
  const [before, after] = [figures(""), figures(KEPT)];
  const grown = (part: keyof typeof after.parts) => (after.parts[part] - before.parts[part]) / MIB;
  expect(grown("buffers")).toBeCloseTo(3, 1);
  expect(grown("strings")).toBeGreaterThan(1.5);
  expect(grown("source")).toBeCloseTo((40_000 * 31) / MIB, 1);
  expect(grown("objects")).toBeGreaterThan(1);
  expect(after.total).toBe(Object.values(after.parts).reduce((sum, bytes) => sum + bytes, 0));
});

test("a text that is no snapshot is an error", () => {
  expect(() => heapFigures("{}")).toThrow("snapshot");
});

/** Of a process that has run the script. */
function figures(script: string) {
  const directory = mkdtempSync(join(tmpdir(), "heap-"));
  try {
    const file = join(directory, "it.heapsnapshot");
    const code = `${script}; require("node:v8").writeHeapSnapshot(${JSON.stringify(file)})`;
    execFileSync(process.execPath, ["-e", code]);
    return heapFigures(readFileSync(file, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
