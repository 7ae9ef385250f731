import { expect, it } from "vitest";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { SeenSince } from "../../shared/seen-since.ts";
import type { ReconcileScope } from "../scope.ts";
import { idleSeconds } from "./idle.ts";

const THEN = "2026-01-01T00:00:00Z";
const nodes = { desired: 3, updated: 1, available: 2, unhealthyTotal: 0, progressedAt: THEN };
const stuck = (observedGeneration: number): MultusInstallStatus["conditions"] => [
  {
    ...{ type: "Ready", status: "False", reason: "RolloutStuck", message: "", observedGeneration },
    lastTransitionTime: THEN,
  },
];

function operator() {
  let passed = 0;
  const since = new SeenSince(() => passed * 1000);
  const idle = (progressedAt: string, previous: MultusInstallStatus = { nodes }) =>
    idleSeconds(
      {
        live: { metadata: { uid: "uid", generation: 4 } },
        previous,
        deps: { client: { watches: { unconfirmedSeconds: 5 } }, seen: { since } },
      } as unknown as ReconcileScope,
      progressedAt,
    );
  return {
    idle,
    pass: (seconds: number) => {
      passed += seconds;
    },
  };
}

it("counts from when the operator first observed it: a leader whose clock is ahead calls no rollout stuck", () => {
  const { idle, pass } = operator();
  expect(idle(THEN)).toBe(0);
  pass(60);
  expect(idle(THEN)).toBe(60);
  expect(idle("2026-01-01T00:01:00Z")).toBe(0);
});

it("keeps a rollout stuck that the status reports as stuck, also after a restart", () => {
  expect(operator().idle(THEN, { nodes, conditions: stuck(4) })).toBe(Number.POSITIVE_INFINITY);
  expect(operator().idle(THEN, { nodes, conditions: stuck(3) })).toBe(0);
  expect(operator().idle("2026-01-01T00:01:00Z", { nodes, conditions: stuck(4) })).toBe(0);
});
