import { expect, it } from "vitest";
import { type CanaryNode, nextCanaryStep } from "./canary-step.ts";

const node = (name: string, pod: CanaryNode["pod"], probe: CanaryNode["probe"] = "None"): CanaryNode => ({
  node: name,
  pod,
  probe,
});

it.each<[string, CanaryNode[], object]>([
  [
    "exchanges Multus on the first node",
    [node("a", "Old"), node("b", "Old")],
    { kind: "Replace", node: "a" },
  ],
  ["waits for it", [node("a", "OnItsWay"), node("b", "Old")], { kind: "Wait" }],
  ["probes it", [node("a", "Available"), node("b", "Old")], { kind: "Probe", node: "a" }],
  ["waits for the probe", [node("a", "Available", "Running"), node("b", "Old")], { kind: "Wait" }],
  [
    "goes on to the next",
    [node("a", "Available", "Passed"), node("b", "Old")],
    { kind: "Replace", node: "b" },
  ],
  [
    "stops where Multus fails",
    [node("a", { failed: "no image" }), node("b", "Old")],
    { kind: "Failed", node: "a", message: "canary 1 of 2, a: no image" },
  ],
  [
    "stops where the probe fails, and leaves the next node alone",
    [node("a", "Available", { failed: "no network" }), node("b", "Old")],
    { kind: "Failed", node: "a", message: "canary 1 of 2, a: no network" },
  ],
  [
    "passes when all have passed",
    [node("a", "Available", "Passed"), node("b", "Available", "Passed")],
    { kind: "Passed" },
  ],
  ["does not pass where nothing was tried", [], { kind: "Wait" }],
])("%s", (_, nodes, expected) => {
  expect(nextCanaryStep(nodes)).toMatchObject(expected);
});
