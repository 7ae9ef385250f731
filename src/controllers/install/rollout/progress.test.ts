import { expect, it } from "vitest";
import { progressedAt, withDeadline } from "./progress.ts";

const THEN = "2026-01-01T00:00:00Z";
const NOW = "2026-01-01T00:05:00Z";
const numbers = { desired: 3, updated: 1, available: 2, unhealthy: [] };
const failing = {
  ...numbers,
  unhealthy: [{ node: "node-1", reason: "CrashLoopBackOff" as const, message: "" }],
};
const { unhealthy: _, ...counts } = numbers;
const previous = { observedGeneration: 4, nodes: { ...counts, unhealthyTotal: 0, progressedAt: THEN } };

it("keeps the time of the last move while the numbers stay", () => {
  expect(progressedAt(previous, 4, numbers, NOW)).toBe(THEN);
});

it("begins anew with each node that moves, with a new spec, and where nothing is known", () => {
  expect(progressedAt(previous, 4, { ...numbers, updated: 2 }, NOW)).toBe(NOW);
  expect(progressedAt(previous, 4, { ...numbers, available: 1 }, NOW)).toBe(NOW);
  expect(progressedAt(previous, 5, numbers, NOW)).toBe(NOW);
  expect(progressedAt({}, 1, numbers, NOW)).toBe(NOW);
});

it("sees no move in a pod that crashes and is available for a moment every time", () => {
  expect(progressedAt(previous, 4, { ...failing, available: 3 }, NOW)).toBe(THEN);
  expect(progressedAt(previous, 4, { ...failing, updated: 2 }, NOW)).toBe(NOW);
});

const detectStuck = (phase: Parameters<typeof withDeadline>[0], idleSeconds: number) =>
  withDeadline(phase, THEN, idleSeconds, 600);

it.each(["Progressing", "Failing"] as const)(
  "calls a rollout that is %s stuck after ten minutes without a move, and is checked each minute",
  (state) => {
    const waiting = { state, message: "1 of 3 nodes updated" };
    expect(detectStuck(waiting, 0)).toEqual({ phase: waiting, recheckAfterSeconds: 60 });
    expect(detectStuck(waiting, 550)).toEqual({ phase: waiting, recheckAfterSeconds: 50 });
    expect(detectStuck(waiting, 600).phase).toEqual({
      state: "Stuck",
      message: `no progress since ${THEN}: 1 of 3 nodes updated`,
    });
  },
);

it("leaves every other verdict as it is", () => {
  const phase = { state: "Complete", message: "" } as const;
  expect(detectStuck(phase, 1e9)).toEqual({ phase });
});
