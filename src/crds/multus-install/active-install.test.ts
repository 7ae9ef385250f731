import { expect, it } from "vitest";
import { activeInstall } from "./active-install.ts";

const at = (name: string, creationTimestamp: string) => ({ metadata: { name, creationTimestamp } });

it("takes the oldest, whatever the order of the list", () => {
  const old = at("zeta", "2026-01-01T00:00:00Z");
  const young = at("alpha", "2026-01-02T00:00:00Z");
  expect(activeInstall([young, old])).toBe(old);
  expect(activeInstall([old, young])).toBe(old);
});

it("decides by name between two of the same second, so that every replica decides alike", () => {
  const a = at("a", "2026-01-01T00:00:00Z");
  const b = at("b", "2026-01-01T00:00:00Z");
  expect(activeInstall([b, a])).toBe(a);
});

it("is undefined if there is no install", () => {
  expect(activeInstall([])).toBeUndefined();
});
