import { expect, test } from "vitest";
import { millionths } from "./quantity.ts";

test.each([
  ["1", 1_000_000n],
  ["1000m", 1_000_000n],
  ["0.5", 500_000n],
  ["0.001m", 1n],
  ["1k", 1_000_000_000n],
  ["1Ki", 1_024_000_000n],
  ["50Mi", 52_428_800_000_000n],
  ["0.5Gi", 536_870_912_000_000n],
  ["9Ti", 9_895_604_649_984_000_000n],
])("%s is %d millionths", (text, expected) => {
  expect(millionths(text)).toBe(expected);
});

test.each(["", "Mi", "-1", "1e3", "1.2345", "1 Mi", "1mi", "1Mi\n", "9".repeat(16)])(
  "%j is no quantity",
  (text) => {
    expect(millionths(text)).toBeUndefined();
  },
);
