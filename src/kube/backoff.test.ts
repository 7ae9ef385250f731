import { expect, it } from "vitest";
import { backoff, RetryDelay } from "./backoff.ts";

it("doubles with each failure up to the ceiling, and jitters above half", () => {
  const least = (failures: number) => backoff(failures, 200, 30_000, () => 0);
  const most = (failures: number) => backoff(failures, 200, 30_000, () => 1);
  expect([0, 1, 2, 3].map(most)).toEqual([200, 400, 800, 1600]);
  expect([0, 1, 2, 3].map(least)).toEqual([100, 200, 400, 800]);
  expect(most(1000)).toBe(30_000);
});

it("begins again after a watch that was open for 10 s, and not after one that ended sooner", () => {
  const delay = new RetryDelay(() => 1);
  expect([delay.next(), delay.next(), delay.next()]).toEqual([200, 400, 800]);
  delay.held(9_999);
  expect(delay.next()).toBe(1600);
  delay.held(10_000);
  expect([delay.next(), delay.next()]).toEqual([200, 400]);
  for (let i = 0; i < 10; i++) delay.next();
  expect(delay.next()).toBe(30_000);
  delay.reset();
  expect(delay.next()).toBe(200);
});
