import { expect, it } from "vitest";
import { nextLook } from "./next-inspection.ts";

const looked = (more = {}) => ({ key: "a", at: 0, fine: true, notFine: 0, ...more });

it.each([
  ["never looked at", undefined, 5, 0],
  ["just seen, and something else by now", looked({ key: "b" }), 5, 5],
  ["seen a while ago, and something else by now", looked({ key: "b" }), 60, 0],
  ["fine", looked(), 600, 3000],
  ["fine, an hour ago", looked(), 3601, 0],
  ["not fine", looked({ fine: false, notFine: 1 }), 5, 5],
  ["not fine for long", looked({ fine: false, notFine: 20 }), 60, 240],
  ["failing for long", looked({ fine: undefined, notFine: 20 }), 600, 3000],
  ["fine, until a pod got no network there", looked({ suspected: true }), 4, 6],
  ["fine each time that a pod got no network", looked({ suspected: true, inVain: 3 }), 60, 20],
  ["fine again and again", looked({ suspected: true, inVain: 30 }), 60, 840],
  ["failed twice", looked({ fine: undefined, notFine: 2 }), 0, 20],
] as const)("a node that was %s", (_, last, seconds, expected) =>
  expect(nextLook(last, "a", seconds * 1000, 0.5)).toBe(expected),
);
