import { expect, it } from "vitest";
import { winner } from "./active-install.ts";

const at = (name: string, creationTimestamp: string) => ({ name, uid: `uid-${name}`, creationTimestamp });

it("takes the oldest, whatever the order of the list", () => {
  const old = at("zeta", "2026-01-01T00:00:00Z");
  const young = at("alpha", "2026-01-02T00:00:00Z");
  expect(winner([young, old])).toBe(old);
  expect(winner([old, young])).toBe(old);
});

it("decides by name between two of the same second, so that every replica decides alike", () => {
  const a = at("a", "2026-01-01T00:00:00Z");
  const b = at("b", "2026-01-01T00:00:00Z");
  expect(winner([b, a])).toBe(a);
});

it("has no winner where there is no install", () => {
  expect(winner([])).toBeUndefined();
});
