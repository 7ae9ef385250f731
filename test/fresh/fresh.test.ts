import { describe, expect, test } from "vitest";
import { fresh, freshProblem } from "./fresh.ts";
import { prerequisites } from "./prerequisites.ts";

test("README names the packages of a fresh machine in one line that can be pasted", () => {
  expect(prerequisites()).toContain("make");
  expect(() => prerequisites("apt-get install")).toThrow("README has no line");
});

/** Two minutes with caches; the first time Debian's packages are downloaded, and unpacked on whatever disk there is. */
const MAX_MS = 1_800_000;

const problem = freshProblem();
describe.skipIf(problem)(`a fresh machine${problem ? ` (skipped: ${problem})` : ""}`, () => {
  test(
    "runs make demo, the lines that it prints last, and the first of the quick tests",
    async () => {
      await fresh("start");
    },
    MAX_MS,
  );
});
