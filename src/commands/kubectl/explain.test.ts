import { expect, it } from "vitest";
import { exitCodeOf } from "./explain.ts";

it.each([
  ["ATTACHED", 0],
  ["BAD_CONFIG", 1],
  // The pod is in phase Unknown: it may have its networks.
  ["NODE_UNREACHABLE", 2],
] as const)("explain exits after %s with %i", (code, expected) => {
  expect(exitCodeOf(code)).toBe(expected);
});
