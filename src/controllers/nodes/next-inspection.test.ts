import { expect, it } from "vitest";
import { isPeriodic, nextInspection, PeriodicTurns, periodSeconds } from "./next-inspection.ts";

const inspected = (more = {}) => ({ key: "a", at: 0, fine: true, notFine: 0, ...more });

it.each([
  ["never inspected", undefined, 5, 0],
  ["just seen, and something else by now", inspected({ key: "b" }), 5, 5],
  ["seen a while ago, and something else by now", inspected({ key: "b" }), 60, 0],
  ["fine", inspected(), 600, 3000],
  ["fine, an hour ago", inspected(), 3601, 0],
  ["not fine", inspected({ fine: false, notFine: 1 }), 5, 5],
  ["not fine for long", inspected({ fine: false, notFine: 20 }), 60, 240],
  ["failing for long", inspected({ fine: undefined, notFine: 20 }), 600, 3000],
  ["fine, until a pod got no network there", inspected({ suspected: true }), 4, 6],
  ["fine each time that a pod got no network", inspected({ suspected: true, inVain: 3 }), 60, 20],
  ["fine again and again", inspected({ suspected: true, inVain: 30 }), 60, 840],
  ["fine, and where plugins were installed since", inspected({ outdated: true }), 1, 0],
  ["failed twice", inspected({ fine: undefined, notFine: 2 }), 0, 20],
] as const)("a node that was %s", (_, before, seconds, expected) =>
  expect(nextInspection(before, { key: "a", now: seconds * 1000, random: 0.5 })).toBe(expected),
);

it("has a period that grows with the cluster", () => {
  const large = { key: "a", random: 0.5, period: periodSeconds(5000) };
  expect([1, 100, 360, 1000, 5000].map(periodSeconds)).toEqual([3600, 3600, 3600, 10_000, 50_000]);
  expect(nextInspection(inspected(), { ...large, now: 3_600_000 })).toBe(46_400);
  expect(nextInspection(inspected({ fine: false, notFine: 20 }), { ...large, now: 0 })).toBeCloseTo(4167, 0);
});

it("inspects no more than one of 5,000 nodes in ten seconds if they become due together, and each within the period", () => {
  const turns = new PeriodicTurns();
  const waiting = new Set(Array.from({ length: 5000 }, (_, index) => `node-${index}`));
  const inspectedAt: number[] = [];
  for (let now = 0; waiting.size > 0; now += 5000) {
    for (const node of waiting)
      if (turns.wait(node, now) === 0) {
        waiting.delete(node);
        turns.done(node);
        inspectedAt.push(now);
      }
  }
  const gaps = inspectedAt.slice(1).map((at, index) => at - (inspectedAt[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
  expect(inspectedAt.at(-1)).toBeLessThanOrEqual(periodSeconds(5000) * 1000);
});

it.each([
  ["new", undefined, false],
  ["with something new on it", inspected({ key: "b" }), false],
  ["under suspicion", inspected({ suspected: true }), false],
  ["changed by the operator", inspected({ outdated: true }), false],
  ["with something wrong", inspected({ fine: false }), false],
  ["fine", inspected(), true],
] as const)("a node that is %s has to wait for its turn, or not", (_, last, expected) =>
  expect(isPeriodic(last, "a")).toBe(expected),
);
