import { describe, expect, it } from "vitest";
import { ApiError, NotSynced, TerminalError } from "../../kube/errors.ts";
import { type Before, conclude, type Pass } from "./conclude.ts";
import { decide } from "./decide/decide.ts";
import { InvalidSpec, ProbeNetworkMissing } from "./errors.ts";
import { refOfEntry } from "./inventory/inventory.ts";
import { installOf, keptSpec, NOW, observed, resolved, type Situation } from "./observe/observed.fixture.ts";
import { statusFor } from "./status/status.ts";

const THICK = { mode: "Thick", version: "v4.3.0" };
const LATER = NOW.toISOString().replace(".000Z", "Z");

/** A reconcile in which everything was carried out. */
function pass(spec: object, situation: Situation = {}): { before: Before; pass: Pass } {
  const wanted = resolved(installOf(spec));
  const seen = observed(wanted, situation);
  const plan = decide(wanted, seen);
  return {
    before: { live: seen.live, previous: seen.previous, rolloutDeadlineSeconds: 600, now: NOW },
    pass: { spec: wanted, observed: seen, done: { inventory: seen.inventory, step: plan.unchanged } },
  };
}
const concluded = (spec: object, situation: Situation = {}, more: Partial<Pass> = {}) => {
  const { before, pass: found } = pass(spec, situation);
  return conclude(before, { ...found, ...more });
};
const rejected = (status: number) => new ApiError({ method: "PATCH", path: "/x" }, status, "rejected");

describe("a reconcile that is complete", () => {
  it("is Ready and needs no other one", () => {
    const { status, result, error } = concluded(THICK);
    expect(status?.state).toMatchObject({ kind: "Running", phase: { state: "Complete" } });
    expect(result).toEqual({});
    expect(error).toBeUndefined();
  });

  it("comes again as soon as the first of its waits ends", () => {
    expect(concluded(THICK, { rollout: { recheckAfterSeconds: 7 } }).result).toEqual({
      requeueAfterSeconds: 7,
    });
    const waiting = { rollout: { updated: 1, recheckAfterSeconds: 7 } };
    expect(concluded(THICK, waiting).result).toEqual({ requeueAfterSeconds: 7 });
  });
});

it("whose MultusInstall changed meanwhile writes nothing, and comes again although no watch may show the change", () => {
  const { before } = pass(THICK);
  expect(conclude(before, { isSuperseded: true })).toEqual({
    status: undefined,
    result: { requeueAfterSeconds: 1 },
  });
});

describe("a rollout that does not progress", () => {
  const nodes = {
    desired: 2,
    updated: 1,
    available: 1,
    unhealthyTotal: 0,
    progressedAt: "2026-01-01T00:00:00Z",
  };
  const stuck: Situation = {
    rollout: { updated: 1, available: 1 },
    status: { nodes },
    idleSeconds: 600,
  };

  it("is stuck after the deadline, and keeps the time of its last move", () => {
    const { status } = concluded(THICK, stuck);
    expect(status?.state).toMatchObject({ phase: { state: "Stuck" } });
    expect(status?.progressedAt).toBe(nodes.progressedAt);
    expect(status?.rolloutRecord).toBeUndefined();
  });

  it("is marked to be rolled back if the spec has that, and comes again at once", () => {
    const { status, result } = concluded({ ...THICK, rollout: { rollback: true } }, stuck);
    expect(status?.rolloutRecord).toMatchObject({ state: "Failed", generation: 1 });
    expect(result).toEqual({ requeueAfterSeconds: 1 });
  });

  it("is not rolled back for whereabouts: Multus runs as the spec wants on every node", () => {
    const rollback = { ...THICK, rollout: { rollback: true }, whereabouts: { enabled: true } };
    const { rollout } = observed(resolved(installOf(rollback)));
    const of = (more: object) => ({
      ...stuck,
      rollout: { ...more, ofMultus: rollout },
    });
    const waiting = { waiting: "whereabouts: 1 of 2 nodes updated, 1 available" };
    const failing = {
      unhealthy: [{ node: "node-1", reason: "ImageNotFound" as const, message: "whereabouts: not found" }],
    };
    for (const more of [waiting, failing]) {
      const { status } = concluded(rollback, of(more));
      expect(status?.state).toMatchObject({ phase: { state: "Stuck" } });
      expect(status?.rolloutRecord).toBeUndefined();
    }
  });

  it("is not rolled back before the deadline, nor for what any other spec would meet as well", () => {
    const rollback = { ...THICK, rollout: { rollback: true } };
    expect(concluded(rollback, { rollout: { updated: 1 } }).status?.rolloutRecord).toBeUndefined();
    const unhealthy = [{ node: "node-1", reason: "NodeNotReady" as const, message: "no kubelet" }];
    const down = concluded(rollback, { ...stuck, rollout: { ...stuck.rollout, unhealthy } });
    expect(down.status?.rolloutRecord).toBeUndefined();
  });

  it("is not reconciled again at once if it is marked already", () => {
    const rollout = { revision: "x", generation: 1, state: "Failed", message: "no" } as const;
    const { result } = concluded(
      { ...THICK, rollout: { rollback: true } },
      { ...stuck, status: { nodes, rollout } },
    );
    expect(result).toEqual({});
  });

  it("shows why it was rolled back as long as what ran last is applied instead", () => {
    const record = { revision: "x", generation: 1, state: "Failed", message: "no" } as const;
    const { before, pass: found } = pass(THICK, stuck);
    if (!found.spec) throw new Error("nothing was resolved");
    const spec = { ...found.spec, rollback: { install: found.spec.install, record } };
    if (!found.done?.step) throw new Error("no step was reached");
    const step = { ...found.done.step, record: { ...record, state: "Canary" as const } };
    const { status, result } = conclude(before, { ...found, spec, done: { ...found.done, step } });
    expect(status?.state).toMatchObject({ phase: { state: "RollingBack" } });
    expect(status?.rolloutRecord).toEqual(record);
    expect(result).toEqual({});
  });

  it("is not stuck, nor rolled back, while a user is to delete pods (updateStrategy OnDelete)", () => {
    const onDelete = {
      ...THICK,
      workload: { updateStrategy: { type: "OnDelete" } },
      rollout: { rollback: true },
    };
    const waiting = { ...stuck, rollout: { updated: 1, available: 2 } };
    const { status, result } = concluded(onDelete, waiting);
    expect(status?.state).toMatchObject({
      phase: { state: "Progressing", message: expect.stringContaining("its Multus pod is deleted") },
    });
    expect(status?.rolloutRecord).toBeUndefined();
    expect(result).toEqual({});
    expect(concluded(onDelete, stuck).status?.state).toMatchObject({ phase: { state: "Stuck" } });
    const changing = ["kube-multus-ds"];
    expect(concluded(onDelete, { ...waiting, changing }).status?.state).toMatchObject({
      phase: { state: "Stuck" },
    });
  });

  it("is checked each minute until the deadline, and when it is over", () => {
    const { status, result } = concluded(THICK, { rollout: { updated: 1 } });
    expect(status?.progressedAt).toBe(LATER);
    expect(result).toEqual({ requeueAfterSeconds: 60 });
    const late = concluded(THICK, { rollout: { updated: 1 }, idleSeconds: 590 });
    expect(late.result).toEqual({ requeueAfterSeconds: 10 });
  });
});

describe("a node that fails", () => {
  const unhealthy = [{ node: "node-1", reason: "CrashLoopBackOff" as const, message: "it ends" }];

  it("after the spec was complete on every node is no rollout", () => {
    const more = [keptSpec(installOf(THICK))];
    const { status, result } = concluded(THICK, { more, rollout: { unhealthy } });
    expect(status?.state).toMatchObject({ phase: { state: "Unhealthy" } });
    expect(status?.progressedAt).toBeUndefined();
    expect(result).toEqual({});
  });

  it("while its pods are replaced again is part of that", () => {
    const more = [keptSpec(installOf(THICK))];
    const { before, pass: found } = pass(THICK, { more, rollout: { unhealthy } });
    if (!found.spec || !found.observed) throw new Error("nothing was observed");
    const step = decide(found.spec, found.observed).changed;
    const { status } = conclude(before, { ...found, done: { inventory: [], step } });
    expect(status?.state).toMatchObject({ phase: { state: "Failing" } });
  });

  it("before the spec was complete keeps the rollout's deadline", () => {
    const { status } = concluded(THICK, { rollout: { unhealthy } });
    expect(status?.state).toMatchObject({ phase: { state: "Failing" } });
    expect(status?.progressedAt).toBe(LATER);
  });
});

describe("a reconcile that fails", () => {
  it("keeps what was recorded: objects that may exist must not be forgotten", () => {
    const inventory = [{ apiVersion: "v1", kind: "ConfigMap", namespace: "kube-system", name: "fresh" }];
    const { status, error } = concluded(THICK, {}, { done: { inventory, failure: rejected(500) } });
    expect(status).toMatchObject({ inventory, state: { kind: "Failing", reason: "ApplyFailed" } });
    expect(error).toMatchObject({ status: 500 });
  });

  it("keeps what a canary has found, and a startup taint that may not be removed yet", () => {
    const startupTaint = { key: "example.com/not-ready", waitingTotal: 2 };
    const record = { revision: "x", generation: 1, state: "Canary", message: "" } as const;
    const { before, pass: found } = pass(THICK, { status: { startupTaint } });
    const step = found.done?.step;
    if (!step) throw new Error("no step was reached");
    const done = { inventory: [], step: { ...step, record }, failure: rejected(500) };
    const { status } = conclude(before, { ...found, done });
    expect(status?.rolloutRecord).toEqual(record);
    expect(status?.startupTaint).toEqual(startupTaint);
  });

  it("shows no rollout if it did not come to it", () => {
    const failed = concluded(THICK, {}, { done: { inventory: [], failure: rejected(500) } });
    expect(failed.status?.rollout).toBeUndefined();
  });

  it("writes nothing if another write came first", () => {
    const { status, error } = concluded(THICK, {}, { done: { inventory: [], failure: rejected(409) } });
    expect(status).toBeUndefined();
    expect(error).toMatchObject({ status: 409 });
  });

  it("is not tried again at once if the API server rejects an object", () => {
    const found = concluded(THICK, {}, { done: { inventory: [], failure: rejected(422) } });
    expect(found).toMatchObject({ result: { requeueAfterSeconds: 5 }, rejected: { status: 422 } });
    expect(found.error).toBeUndefined();
  });

  it.each([
    [60, 60],
    [3600, 300],
  ])("is tried again less and less often: rejected for %d s, next in %d s", (age, next) => {
    const { before, pass: found } = pass(THICK);
    const condition = {
      ...({ type: "Stalled", status: "True", reason: "Rejected", message: "" } as const),
      observedGeneration: before.live.metadata.generation ?? 0,
      lastTransitionTime: new Date(NOW.getTime() - age * 1000).toISOString(),
    };
    const previous = { ...before.previous, conditions: [condition] };
    const failed = { ...found, done: { inventory: [], failure: rejected(422) } };
    expect(conclude({ ...before, previous }, failed).result).toEqual({ requeueAfterSeconds: next });
    // Of a paused install, the dry runs are part of what is observed.
    const whileObserving = conclude({ ...before, previous }, { failure: rejected(422) });
    expect(whileObserving.result).toEqual({ requeueAfterSeconds: next });
    const ofOlderSpec = { ...previous, conditions: [{ ...condition, observedGeneration: -1 }] };
    expect(conclude({ ...before, previous: ofOlderSpec }, failed).result).toEqual({ requeueAfterSeconds: 5 });
  });

  it("is not tried again if the spec is not valid, except for a probe's network, which may come", () => {
    expect(concluded(THICK, {}, { failure: new InvalidSpec("no") }).error).toBeInstanceOf(TerminalError);
    const missing = concluded(THICK, {}, { failure: new ProbeNetworkMissing("no NAD") });
    expect(missing).toMatchObject({
      result: { requeueAfterSeconds: 10 },
      status: { state: { kind: "Stalled", reason: "InvalidSpec" } },
    });
    expect(missing.error).toBeUndefined();
  });
});

describe("a reconcile that does not know enough", () => {
  const failure = new NotSynced("nodes", "TimedOut");

  it("never shows Ready, and keeps all that was known", () => {
    const { before, pass: found } = pass(THICK, { status: { version: "v4.3.0" } });
    const { done: _, ...unfinished } = found;
    const { status } = conclude(before, { ...unfinished, failure });
    if (!status) throw new Error("no status");
    const written = statusFor(status, 1, before.previous, LATER);
    expect(written.conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "Syncing",
    });
    expect(written.version).toBe("v4.3.0");
  });
});

describe("a permission that the operator lacks", () => {
  const words = 'daemonsets.apps is forbidden: User "operator" cannot list resource "daemonsets"';
  const forbidden = (message: string) =>
    new ApiError({ method: "GET", path: "/x" }, 403, JSON.stringify({ reason: "Forbidden", message }));
  const stateFor = (failure: unknown) =>
    concluded(THICK, {}, { done: { inventory: [], failure } }).status?.state;

  it("is shown with what grants it, whether a list or a write was rejected", () => {
    const message = expect.stringMatching(/cannot list resource "daemonsets"\. .* multusNamespaces /);
    expect(stateFor(new NotSynced("daemonsets in multus", "Rejected", forbidden(words)))).toMatchObject({
      kind: "Syncing",
      message,
    });
    expect(stateFor(forbidden(words))).toMatchObject({ kind: "Stalled", reason: "Forbidden", message });
  });

  it("is not claimed if a quota or a policy rejects", () => {
    expect(stateFor(forbidden("exceeded quota"))).toMatchObject({
      reason: "Forbidden",
      message: "GET /x: 403 Forbidden exceeded quota",
    });
  });
});

describe("an inventory with a kind that the program does not know", () => {
  const entry = { apiVersion: "policy/v9", kind: "PodGuard", namespace: "kube-system", name: "multus" };
  const refused = () => {
    try {
      return refOfEntry(entry);
    } catch (failure) {
      return failure;
    }
  };

  it("stalls the install with the kind and what to do, and stays as it was recorded", () => {
    const { before } = pass(THICK);
    const live = { ...before.live, status: { inventory: [entry] } };
    const { status, error } = conclude({ ...before, live }, { failure: refused() });
    expect(status).toMatchObject({
      inventory: [entry],
      state: {
        kind: "Stalled",
        reason: "UnknownKind",
        message: expect.stringMatching(/PodGuard kube-system\/multus \(policy\/v9\).*upgrade the operator/),
      },
    });
    expect(error).toMatchObject({ code: "TERMINAL", cause: { code: "UNKNOWN_INVENTORY_KIND" } });
  });
});

it("writes no status if the object is gone", () => {
  const { before } = pass(THICK);
  const done = { inventory: [], step: { actions: [], rechecks: [] } };
  expect(conclude(before, { done })).toEqual({ status: undefined, result: {} });
});

it("shows another install's precedence without a rollout of its own", () => {
  const { before } = pass(THICK);
  const state = { kind: "Stalled", reason: "SecondInstall", message: "older" } as const;
  const { status, error } = conclude(before, { state });
  expect(status).toMatchObject({ state });
  expect(status?.install).toBeUndefined();
  expect(error).toBeUndefined();
});

it("names a field of the DaemonSet that others set if no node matches because of it", () => {
  const { before, pass: found } = pass(THICK, { rollout: { desired: 0 } });
  const { observed: seen, done } = found;
  if (!seen || !done?.step) throw new Error("nothing was observed");
  const path = ["spec", "template", "spec", "nodeSelector"];
  const field = path.join(".");
  const foreignFields = [
    { path, field, value: { a: "b" }, manager: "kubectl-patch", object: "DaemonSet x/y" },
  ];
  const state = { kind: "Running", phase: { state: "NoNodes", message: "none" } } as const;
  const placed = {
    ...found,
    observed: { ...seen, foreignFields },
    done: { ...done, step: { ...done.step, state } },
  };
  const message = expect.stringContaining("no node matches DaemonSet x/y: spec.template.spec.nodeSelector");
  expect(conclude(before, placed).status?.state).toMatchObject({ phase: { message } });
});
