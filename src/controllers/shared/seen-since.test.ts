import { expect, it } from "vitest";
import { SeenSince } from "./seen-since.ts";

it("counts from when a state was first seen, and again for each other state", () => {
  let now = 1000;
  const seen = new SeenSince(() => now);
  expect(seen.seconds("a", "one")).toBe(0);
  now += 5000;
  expect(seen.seconds("a", "one")).toBe(5);
  expect(seen.seconds("a", "two")).toBe(0);
  expect(seen.seconds("b", "one", 60)).toBe(60);
  now += 5000;
  expect(seen.seconds("a", "two")).toBe(5);
  expect(seen.seconds("b", "one", 60)).toBe(65);
});

it("forgets what is gone", () => {
  let now = 1000;
  const seen = new SeenSince(() => now);
  for (const key of ["a", "b", "c"]) seen.seconds(key, "");
  now += 5000;
  seen.forget("a");
  seen.retain(new Set(["a", "b"]));
  expect(["a", "b", "c"].map((key) => seen.seconds(key, ""))).toEqual([0, 5, 0]);
});

it("shows each change of a state once", () => {
  const seen = new SeenSince();
  const states = ["", "", "one", "one", "two", "one", ""];
  expect(states.map((state) => seen.isNew("a", state))).toEqual([true, false, true, false, true, true, true]);
  expect(seen.isNew("b", "")).toBe(true);
});
