import { expect, it } from "vitest";
import { EventCorrelator } from "./event-correlator.ts";

const MINUTE = 60_000;

it("admits 25 events of one reason at once, then one in five minutes, and others all the same", () => {
  const correlator = new EventCorrelator();
  const admitted = (now: number) =>
    Array.from({ length: 40 }, () => correlator.admit("uid-1/Ready", now)).filter(Boolean).length;
  expect(admitted(0)).toBe(25);
  expect(admitted(4 * MINUTE)).toBe(0);
  expect(admitted(11 * MINUTE)).toBe(2);
  expect(correlator.admit("uid-1/NodesNotCleaned", 0)).toBe(true);
  expect(correlator.admit("uid-2/Ready", 0)).toBe(true);
});

it("admits events also after the clock was set back", () => {
  const correlator = new EventCorrelator();
  expect(correlator.admit("uid-1/Ready", 24 * 60 * MINUTE)).toBe(true);
  expect(correlator.admit("uid-1/Ready", 0)).toBe(true);
});

it("counts the same event up within six minutes of the last", () => {
  const correlator = new EventCorrelator();
  expect(correlator.next("a", 0)).toBeUndefined();
  correlator.sent("a", { name: "a.1", count: 1 }, 0);
  expect(correlator.next("a", 5 * MINUTE)).toEqual({ name: "a.1", count: 2 });
  correlator.sent("a", { name: "a.1", count: 2 }, 5 * MINUTE);
  expect(correlator.next("a", 10 * MINUTE)).toEqual({ name: "a.1", count: 3 });
  expect(correlator.next("a", 12 * MINUTE)).toBeUndefined();
});

it("forgets what was not used for longest", () => {
  const correlator = new EventCorrelator();
  for (let index = 0; index < 5000; index++) correlator.sent(`${index}`, { name: `${index}`, count: 1 }, 0);
  expect(correlator.next("0", 0)).toBeUndefined();
  expect(correlator.next("903", 0)).toBeUndefined();
  expect(correlator.next("904", 0)).toBeDefined();
});
