import { expect, it } from "vitest";
import { judgeProgress, progressedAt } from "./progress.ts";

const THEN = "2026-01-01T00:00:00Z";
const NOW = "2026-01-01T00:05:00Z";
const numbers = { desired: 3, updated: 1, available: 2 };
const previous = { observedGeneration: 4, nodes: { ...numbers, unhealthyTotal: 0, progressedAt: THEN } };

it("keeps the time of the last move while the numbers stay", () => {
  expect(progressedAt(previous, 4, numbers, NOW)).toBe(THEN);
});

it("begins anew with each node that moves, with a new spec, and where nothing is known", () => {
  expect(progressedAt(previous, 4, { ...numbers, updated: 2 }, NOW)).toBe(NOW);
  expect(progressedAt(previous, 4, { ...numbers, available: 1 }, NOW)).toBe(NOW);
  expect(progressedAt(previous, 5, numbers, NOW)).toBe(NOW);
  expect(progressedAt({}, 1, numbers, NOW)).toBe(NOW);
});

it("calls a rollout stuck after ten minutes without a move, and says when it will look", () => {
  const waiting = { state: "Progressing", message: "1 of 3 nodes updated" } as const;
  const at = (time: string) => judgeProgress(waiting, THEN, new Date(time));
  expect(at("2026-01-01T00:09:00Z")).toEqual({ verdict: waiting, lookAgainSeconds: 60 });
  expect(at("2026-01-01T00:10:00Z").verdict).toEqual({
    state: "Stuck",
    message: "nothing has moved for 10 minutes: 1 of 3 nodes updated",
  });
});

it("leaves every other verdict as it is", () => {
  const verdict = { state: "Complete", message: "" } as const;
  expect(judgeProgress(verdict, THEN, new Date("2027-01-01T00:00:00Z"))).toEqual({ verdict });
});
