import { expect, it } from "vitest";
import { duration } from "./flag-values.ts";

it.each([
  ["0", 0],
  ["5", 5000],
  ["90s", 90_000],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["2h", 7_200_000],
])("reads %s", (text, expected) => expect(duration(text)).toBe(expected));

it.each(["", "s", "-1s", "1d", "1.5h", "9999h", "1s2"])("rejects %j", (text) =>
  expect(() => duration(text)).toThrow("it must be"),
);
