import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeUnused } from "./image-store.ts";

test("stores of the day before go, and a waiter's file that is gone already does not stop it", () => {
  const directory = mkdtempSync(join(tmpdir(), "image-stores-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "today"));
  mkdirSync(join(directory, "before"));
  const before = new Date(Date.now() - 2 * 86_400_000);
  utimesSync(join(directory, "before"), before, before);
  // readdir(3) names it and stat(2) does not find it, as with a file that is removed in between.
  symlinkSync("nowhere", join(directory, "lock.1"));

  removeUnused(directory);

  expect(readdirSync(directory).toSorted()).toEqual(["lock.1", "today"]);
});
