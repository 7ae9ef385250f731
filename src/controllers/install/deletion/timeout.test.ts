import { expect, it } from "vitest";
import { SeenSince } from "../../shared/seen-since.ts";
import { installOf } from "../observe/observed.fixture.ts";
import type { ReconcileScope } from "../scope.ts";
import { isLate } from "./timeout.ts";

const client = { watches: { unconfirmedSeconds: 5 } };

it.each(["2026-01-01T01:00:00Z", "2025-12-31T23:00:00Z"])(
  "a deletion waits for nodes as long as its spec allows, whatever the operator's clock shows: %s",
  (clock) => {
    let passed = 0;
    const since = new SeenSince(() => passed * 1000);
    const scope = {
      live: { metadata: { uid: "uid", deletionTimestamp: "2026-01-01T00:00:00Z" } },
      deps: { client, seen: { since }, now: () => new Date(Date.parse(clock) + passed * 1000) },
    } as unknown as ReconcileScope;
    const install = installOf({ uninstall: { timeout: "2m" } });
    expect(isLate(scope, install)).toBe(false);
    for (const seconds of [60, 59]) {
      passed += seconds;
      expect(isLate(scope, install)).toBe(false);
    }
    passed += 1;
    expect(isLate(scope, install)).toBe(true);
  },
);

it("an operator that was suspended for an hour has not waited for the nodes", () => {
  let passed = 0;
  const since = new SeenSince(() => passed * 1000);
  const scope = {
    live: { metadata: { uid: "uid" } },
    deps: { client, seen: { since } },
  } as unknown as ReconcileScope;
  const install = installOf({ uninstall: { timeout: "3m" } });
  const lateAfter = (seconds: number) => {
    passed += seconds;
    return isLate(scope, install);
  };
  expect([0, 2, 3600, 57, 1].map(lateAfter)).toEqual([false, false, false, false, true]);
});
