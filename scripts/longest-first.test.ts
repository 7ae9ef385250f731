import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { SECONDS, secondsOf } from "./longest-first.ts";

const root = resolve(import.meta.dirname, "..");

it("knows long files by paths that are there", () => {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).map(
    (f) => `test/${f}`,
  );
  for (const [beginning] of SECONDS)
    expect(
      files.some((file) => file.startsWith(beginning)),
      beginning,
    ).toBe(true);
});

it("begins with the files that take longest, whichever project they are of", () => {
  const files = [
    "src/a.test.ts",
    "test/integration/b.test.ts",
    "test/e2e/canary.test.ts",
    "test/e2e/c.test.ts",
  ];
  expect(files.toSorted((a, b) => secondsOf(b) - secondsOf(a))).toEqual([
    "test/e2e/canary.test.ts",
    "test/e2e/c.test.ts",
    "test/integration/b.test.ts",
    "src/a.test.ts",
  ]);
});
