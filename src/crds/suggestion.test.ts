import fc from "fast-check";
import { expect, test } from "vitest";
import { closest } from "./suggestion.ts";

const FIELDS = ["key", "confDir", "binDir", "additionalBinDir", "version"];

test.each([
  ["confdir", "confDir"],
  ["confDri", "confDir"],
  ["bin_dir", "binDir"],
  ["kye", "key"],
  ["ke", "key"],
  ["vesion", "version"],
  ["hostPath", undefined],
  ["", undefined],
])("%j is taken for %j", (word, expected) => {
  expect(closest(word, FIELDS)).toBe(expected);
});

test("a candidate is nearest to itself, and a long word costs nothing", () => {
  for (const field of FIELDS) expect(closest(field, FIELDS)).toBe(field);
  fc.assert(fc.property(fc.string({ minLength: 70 }), (word) => closest(word, FIELDS) === undefined));
});
