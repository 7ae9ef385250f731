import { mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { goProgram as readGoProgram } from "./go-build-info.ts";

async function versionOf(path: string): Promise<string | undefined> {
  await using file = await open(path);
  return (await readGoProgram(file)).version;
}

/** The one Go program that this project has among its packages: TypeScript's compiler. */
function goProgram(): string {
  const packages = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "../@typescript",
  );
  const name = readdirSync(packages).find((entry) => entry.startsWith("typescript-linux-"));
  return join(packages, name ?? "", "lib/tsc");
}

it("reads the module's version from a Go program", async () =>
  expect(await versionOf(goProgram())).toMatch(/^v[0-9]+\.[0-9]+\.[0-9]+/));

it("knows no version of a program that is not Go's", async () =>
  expect(await versionOf(process.execPath)).toBeUndefined());

it("survives every cut and every changed byte of the header", async () => {
  const directory = mkdtempSync(join(tmpdir(), "build-info-"));
  try {
    const head = Buffer.alloc(4096);
    readSync(openSync(goProgram(), "r"), head);
    const file = join(directory, "program");
    for (const length of [0, 3, 63, 64, 100, 4096]) {
      writeFileSync(file, head.subarray(0, length));
      expect(await versionOf(file)).toBeUndefined();
    }
    for (let at = 0; at < 64; at++) {
      const changed = Buffer.from(head);
      changed[at] = 0xff;
      writeFileSync(file, changed);
      expect(await versionOf(file)).toBeUndefined();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
