import { expect, it } from "vitest";
import { SeenSince } from "../shared/seen-since.ts";
import type { ReconcileScope } from "./scope.ts";
import { secondsObserved } from "./seconds-observed.ts";

function operator() {
  let passed = 0;
  const watches = { unconfirmedSeconds: 5 };
  const seen = { since: new SeenSince(() => passed * 1000) };
  const deps = { client: { watches }, seen } as unknown as ReconcileScope["deps"];
  const observed = (state = "") => secondsObserved(deps, "key", state);
  const pass = (seconds: number) => {
    passed += seconds;
  };
  /** Reconciles each minute. */
  const reconcile = (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      pass(60);
      observed();
    }
  };
  return { observed, pass, reconcile, watches };
}

it("counts from when a state was first seen", () => {
  const { observed, reconcile } = operator();
  expect(observed()).toBe(0);
  reconcile(5);
  expect(observed()).toBe(300);
  expect(observed("another")).toBe(0);
});

it("does not count an hour in which the operator was suspended", () => {
  const { observed, pass, reconcile } = operator();
  observed();
  reconcile(5);
  pass(3600);
  expect(observed()).toBe(420);
  reconcile(3);
  expect(observed()).toBe(600);
});

it("does not count an hour in which the API server was away, though reconciles go on with what is known", () => {
  const { observed, reconcile, watches } = operator();
  observed();
  reconcile(5);
  watches.unconfirmedSeconds = 91;
  reconcile(60);
  expect(observed()).toBe(300);
  watches.unconfirmedSeconds = 1;
  reconcile(5);
  expect(observed()).toBe(600);
});
