import { expect, it } from "vitest";
import {
  type LiveWorkload,
  MAX_GUARD_WAIT_SECONDS,
  nextRolloutStep,
  type RolloutState,
} from "./rollout-step.ts";

const workload = (more: Partial<LiveWorkload> = {}): LiveWorkload => ({
  name: "kube-multus-ds",
  upToDate: true,
  deletesConfiguration: true,
  ending: false,
  ...more,
});
const old = (more: Partial<LiveWorkload> = {}) => workload({ upToDate: false, ...more });

const state = (more: Partial<RolloutState>): RolloutState => ({
  live: [],
  obsolete: [],
  occupiedNodes: [],
  servingNodes: [],
  ...more,
});
const guard = (nodes: string[], ageSeconds = 5, ending = false) => ({
  ending,
  ageSeconds,
  nodes: new Set(nodes),
});
const step = (more: Partial<RolloutState>) => nextRolloutStep(state(more)).kind;

it("applies at once what is new, what is up to date, and what was changed outside the operator", () => {
  expect(step({})).toBe("Apply");
  expect(step({ live: [workload()] })).toBe("Apply");
  expect(step({ live: [workload()], servingNodes: ["a"] })).toBe("Apply");
});

it("runs a guard on every node with Multus before it replaces pods that delete their configuration", () => {
  const replaced = { live: [old()], servingNodes: ["a", "b"] };
  expect(step(replaced)).toBe("Guard");
  expect(step({ ...replaced, guard: guard(["a"]) })).toBe("Guard");
  expect(step({ ...replaced, guard: guard(["a", "b"]) })).toBe("Apply");
  expect(step({ ...replaced, guard: guard(["a", "b"], 5, true) })).toBe("Guard");
});

it("does not wait for a guard that does not come up longer than a minute", () => {
  const replaced = { live: [old()], servingNodes: ["a", "b"] };
  expect(nextRolloutStep(state({ ...replaced, guard: guard(["a"]) }))).toMatchObject({
    message: expect.stringMatching(/guard pod on b/),
  });
  expect(step({ ...replaced, guard: guard(["a"], MAX_GUARD_WAIT_SECONDS) })).toBe("Apply");
});

it("does not wait for a guard on nodes that lose Multus", () => {
  const replaced = { live: [old()], servingNodes: ["a", "b"] };
  expect(step({ ...replaced, guard: { ...guard(["a"]), isEverywhere: true } })).toBe("Apply");
});

it("needs no guard where the pods leave their configuration", () => {
  expect(step({ live: [old({ deletesConfiguration: false })], servingNodes: ["a"] })).toBe("Apply");
});

it("guards first, lets the pods of a DaemonSet of another name end, and applies the new one then", () => {
  const both = { obsolete: [old()], occupiedNodes: ["a"], servingNodes: ["a"] };
  expect(step(both)).toBe("Guard");
  const guarded = { ...both, guard: guard(["a"]) };
  expect(step(guarded)).toBe("RemovePrevious");
  expect(step({ ...guarded, occupiedNodes: [] })).toBe("RemovePrevious");
  const ending = { ...guarded, obsolete: [old({ ending: true })] };
  expect(step(ending)).toBe("RemovePrevious");
  expect(step({ ...ending, occupiedNodes: [] })).toBe("Apply");
});

it("starts the new Multus beside one of another name that leaves its configuration", () => {
  const v3 = { name: "kube-multus-ds-amd64", deletesConfiguration: false };
  expect(step({ obsolete: [old(v3)], servingNodes: ["a"] })).toBe("Apply");
});

it("names three nodes at most", () => {
  const occupiedNodes = ["a", "b", "c", "d", "e"];
  const found = nextRolloutStep(
    state({ obsolete: [old({ ending: true })], occupiedNodes, guard: guard([]) }),
  );
  expect(found).toMatchObject({ message: expect.stringMatching(/a, b, c and 2 more nodes/) });
});
