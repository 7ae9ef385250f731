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
  const watches = { unconfirmedSeconds: 5 };
  const since = new SeenSince(() => passed * 1000);
  const idle = (progressedAt: string, previous: MultusInstallStatus = { nodes }) =>
    idleSeconds(
      {
        live: { metadata: { uid: "uid", generation: 4 } },
        previous,
        deps: { client: { watches }, seen: { since } },
      } as unknown as ReconcileScope,
      progressedAt,
    );
  const pass = (seconds: number) => {
    passed += seconds;
  };
  /** Reconciles each minute. */
  const reconcile = (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      pass(60);
      idle(THEN);
    }
  };
  return { idle, pass, reconcile, watches };
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

it("does not count an hour in which the operator was suspended", () => {
  const { idle, pass, reconcile } = operator();
  expect(idle(THEN)).toBe(0);
  reconcile(5);
  expect(idle(THEN)).toBe(300);
  pass(3600);
  expect(idle(THEN)).toBe(420);
  reconcile(3);
  expect(idle(THEN)).toBe(600);
});

it("does not count an hour in which the API server was away, though reconciles go on with what is known", () => {
  const { idle, reconcile, watches } = operator();
  idle(THEN);
  reconcile(5);
  watches.unconfirmedSeconds = 91;
  reconcile(60);
  expect(idle(THEN)).toBe(300);
  watches.unconfirmedSeconds = 1;
  reconcile(5);
  expect(idle(THEN)).toBe(600);
});
