import { expect, it } from "vitest";
import { conditionsFor, type InstallState, warningCondition, withTimes } from "./conditions.ts";

const statuses = (state: InstallState) =>
  Object.fromEntries(Object.entries(conditionsFor(state)).map(([type, { status }]) => [type, status]));

const complete = { state: "Complete", message: "Multus runs on 2 of 2 nodes" } as const;

it.each<[string, InstallState, object]>([
  [
    "a complete rollout",
    { kind: "Running", phase: complete },
    { Ready: "True", Reconciling: "False", Stalled: "False", Degraded: "False" },
  ],
  [
    "one under way",
    { kind: "Running", phase: { state: "Progressing", message: "" } },
    { Ready: "False", Reconciling: "True", Stalled: "False", Degraded: "False" },
  ],
  [
    "one with a node that fails",
    { kind: "Running", phase: { state: "Failing", message: "" } },
    { Ready: "False", Reconciling: "True", Stalled: "False", Degraded: "True" },
  ],
  [
    "a node that fails later",
    { kind: "Running", phase: { state: "Unhealthy", message: "" } },
    { Ready: "False", Reconciling: "False", Stalled: "False", Degraded: "True" },
  ],
  [
    "one that does not move",
    { kind: "Running", phase: { state: "Stuck", message: "" } },
    { Ready: "False", Reconciling: "True", Stalled: "False", Degraded: "True" },
  ],
  [
    "no node at all",
    { kind: "Running", phase: { state: "NoNodes", message: "" } },
    { Ready: "False", Reconciling: "False", Stalled: "False", Degraded: "False" },
  ],
  [
    "a wrong spec",
    { kind: "Stalled", reason: "InvalidSpec", message: "" },
    { Ready: "False", Reconciling: "False", Stalled: "True", Degraded: "False" },
  ],
  [
    "a failed apply",
    { kind: "Failing", reason: "ApplyFailed", message: "" },
    { Ready: "False", Reconciling: "True", Stalled: "False", Degraded: "False" },
  ],
  [
    "a pause",
    { kind: "Paused", phase: complete, waiting: [] },
    { Ready: "True", Reconciling: "False", Stalled: "False", Degraded: "False" },
  ],
  [
    "a pause with drift",
    { kind: "Paused", phase: complete, waiting: ["apply DaemonSet a/b"] },
    { Ready: "False", Reconciling: "False", Stalled: "False", Degraded: "False" },
  ],
])("says of %s what kstatus reads", (_, state, expected) => {
  expect(statuses(state)).toEqual(expected);
});

it("keeps the time of a condition whose status did not change, and stamps the generation on all", () => {
  const before = withTimes(
    { ...conditionsFor({ kind: "Running", phase: complete }), Warning: warningCondition([]) },
    [],
    1,
    "2026-01-01T00:00:00Z",
  );
  const after = withTimes(
    {
      ...conditionsFor({ kind: "Running", phase: { state: "Progressing", message: "1 of 2" } }),
      Warning: warningCondition([{ text: "w" }]),
    },
    before,
    2,
    "2026-01-02T00:00:00Z",
  );
  expect(
    after.map(({ type, lastTransitionTime, observedGeneration }) => [
      type,
      lastTransitionTime.slice(8, 10),
      observedGeneration,
    ]),
  ).toEqual([
    ["Ready", "02", 2],
    ["Reconciling", "02", 2],
    ["Stalled", "01", 2],
    ["Degraded", "01", 2],
    ["Warning", "02", 2],
  ]);
});

it("warns with a known defect first, then with a moving tag, and counts the others", () => {
  const low = { code: "LOW_MEMORY_LIMIT", text: "spec.workload…: low" };
  expect(warningCondition([])).toEqual({ status: "False", reason: "Settled", message: "" });
  expect(warningCondition([low])).toEqual({ status: "True", reason: "Unintended", message: low.text });
  expect(
    warningCondition([low, { code: "MOVING_TAG", text: "spec.image.tag: moves" }, { text: "nodes differ" }]),
  ).toEqual({
    status: "True",
    reason: "MovingTag",
    message: "spec.image.tag: moves (2 more in status.warnings)",
  });
  expect(
    warningCondition([
      low,
      { code: "MOVING_TAG", text: "spec.image.tag: moves" },
      { code: "KNOWN_DEFECT", text: "spec.version: leaks" },
    ]),
  ).toEqual({
    status: "True",
    reason: "KnownDefect",
    message: "spec.version: leaks (2 more in status.warnings)",
  });
});

it("says what it waits for, and that Ready is not known any longer if it was", () => {
  const message = "nodes: forbidden: you may not list nodes";
  const never = conditionsFor({ kind: "Syncing", message, wasReady: false });
  expect(never.Reconciling).toEqual({ status: "True", reason: "Syncing", message });
  expect(never.Ready).toEqual({ status: "False", reason: "Syncing", message });
  expect(conditionsFor({ kind: "Syncing", message, wasReady: true }).Ready.status).toBe("Unknown");
});

it("names the writes that wait for the end of a pause, the first twenty of them", () => {
  const waiting = Array.from({ length: 22 }, (_, index) => `create ConfigMap kube-system/${index}`);
  const { Ready, Reconciling } = conditionsFor({ kind: "Paused", phase: complete, waiting });
  expect(Ready).toEqual({ ...Reconciling, status: "False" });
  expect(Reconciling.message).toMatch(
    /^spec\.paused is true: nothing is written\. Pending: create ConfigMap kube-system\/0, .*kube-system\/19 and 2 more$/,
  );
});
