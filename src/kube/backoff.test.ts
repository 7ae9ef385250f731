import { expect, it } from "vitest";
import { backoff } from "./backoff.ts";

it("doubles with each failure up to the ceiling, and jitters above half", () => {
  const least = (failures: number) => backoff(failures, 200, 30_000, () => 0);
  const most = (failures: number) => backoff(failures, 200, 30_000, () => 1);
  expect([0, 1, 2, 3].map(most)).toEqual([200, 400, 800, 1600]);
  expect([0, 1, 2, 3].map(least)).toEqual([100, 200, 400, 800]);
  expect(most(1000)).toBe(30_000);
});
