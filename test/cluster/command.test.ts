import { expect, test } from "vitest";
import { oneLine } from "./command.ts";
import { CommandError } from "./execute.ts";

test("an error is one line: the first of its message and of each cause, the deepest last", () => {
  const root = new CommandError("apt-get update", 100, "", "E: no space left\nmore");
  const error = new Error("the cluster did not start\n--- node-1 kubelet", { cause: root });
  expect(oneLine(error)).toBe(
    "the cluster did not start: apt-get update failed (exit 100): E: no space left",
  );
});

test("what a line repeats of its cause is left out", () => {
  const error = new Error("waited 3 s: no answer", { cause: new Error("no answer") });
  expect(oneLine(error)).toBe("waited 3 s: no answer");
  expect(oneLine("a string")).toBe("a string");
});
