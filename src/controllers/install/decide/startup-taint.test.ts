import { expect, it } from "vitest";
import { nodeView } from "../../../diagnosis/node.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { carrying, startupTaintStep } from "./startup-taint.ts";

const NOW = agesByClock(new Date("2026-01-01T00:01:00Z"));

it("finds the nodes that carry a key, whatever the effect, and keeps each taint as the server has it", () => {
  const taints = [
    { key: "multus-operator.dev/not-ready", effect: "NoExecute", timeAdded: "2026-01-01T00:00:00Z" },
    { key: "other", value: "x", effect: "NoSchedule" },
  ];
  const nodes = [
    nodeView({ metadata: { name: "a" }, spec: { taints } }),
    nodeView({ metadata: { name: "b" } }),
  ];
  const [found, ...more] = carrying(nodes, "multus-operator.dev/not-ready");
  expect(more).toEqual([]);
  expect(found?.taints).toEqual(taints);
});

it("keeps a key that the spec no longer has in the status until no node carries it: one removal may have come too late", () => {
  const [old, key] = ["example.com/old", "example.com/new"];
  const tainted = nodeView({
    metadata: { name: "a" },
    spec: { taints: [{ key: old, effect: "NoSchedule" }] },
  });
  const free = nodeView({ metadata: { name: "a" } });
  for (const wanted of [key, undefined]) {
    const view = { key: wanted, previousKey: old, pods: [], daemonSets: [], ages: NOW };
    const first = startupTaintStep({ ...view, nodes: [tainted] });
    expect(first.actions).toMatchObject([{ kind: "RemoveTaint", node: { name: "a" }, key: old }]);
    expect(first.status).toEqual({ key: old, waitingTotal: 1, waiting: ["a"] });
    const then = startupTaintStep({ ...view, nodes: [free] });
    expect(then.actions).toEqual([]);
    expect(then.status?.key).toBe(wanted);
  }
});
