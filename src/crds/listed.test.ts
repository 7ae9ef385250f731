import { expect, it } from "vitest";
import { firstOf, listed } from "./listed.ts";

it.each([
  [[], 2, ""],
  [["a"], 2, "a"],
  [["a", "b"], 2, "a, b"],
  [["a", "b", "c"], 2, "a, b and 1 more"],
])("names the first ones and counts the others: %j", (texts, max, expected) =>
  expect(listed(texts, max)).toBe(expected),
);

it("joins by another separator, and names what it counts", () => {
  expect(listed(["a", "b", "c", "d"], 2, { separator: "; ", noun: "nodes" })).toBe("a; b and 2 more nodes");
});

it.each([
  [["a", "b"], 2, 0, ["a", "b"]],
  [["a", "b", "c"], 2, 0, ["a", "b", "and 1 more"]],
  [["a", "b", "c"], 2, 4, ["a", "b", "and 5 more"]],
  [["a"], 2, 4, ["a", "and 4 more"]],
])("keeps the texts apart: %j, at most %d, and %d hidden", (texts, max, hidden, expected) =>
  expect(firstOf(texts, max, hidden)).toEqual(expected),
);
