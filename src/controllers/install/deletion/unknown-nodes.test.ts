import { expect, it } from "vitest";
import { isGivenUp } from "./unknown-nodes.ts";

it("does not give up unknown nodes before the timeout, however long they have been unknown", () => {
  expect(isGivenUp(false, 300, 10_000)).toBe(false);
});

it("has an operator that starts after the timeout wait as long again", () => {
  expect(isGivenUp(true, 300, 5)).toBe(false);
  expect(isGivenUp(true, 300, 299)).toBe(false);
  expect(isGivenUp(true, 300, 300)).toBe(true);
});

it("waits for a list that takes its time, however short the timeout", () => {
  expect(isGivenUp(true, 0, 8)).toBe(false);
  expect(isGivenUp(true, 0, 30)).toBe(true);
});
