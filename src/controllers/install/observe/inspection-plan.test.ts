import { expect, it } from "vitest";
import { isEarly } from "./inspection-plan.ts";

const pod = (readySince?: string, ready = true) => ({
  node: "a",
  ready,
  ...(readySince ? { readySince } : {}),
});

const restarted = { container: "kube-multus", image: "", reason: "Completed", message: "", restarts: 2 };

it.each([
  [
    "of a pod that crashes, and is Ready for a moment",
    [{ ...pod("2026-11-24T12:00:03Z"), issue: restarted }],
    false,
  ],
  ["just after its pod was Ready", [pod("2026-11-24T12:00:00Z")], true],
  ["a while after", [pod("2026-11-24T11:59:50Z")], false],
  ["of a pod that is not Ready", [pod("2026-11-24T12:00:00Z", false)], false],
  ["of a node without a pod", [], false],
])("a look %s is early: %s", (_, pods, expected) =>
  expect(isEarly({ node: "a", at: "2026-11-24T12:00:04Z" }, pods)).toBe(expected),
);
