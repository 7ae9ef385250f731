import { expect, it } from "vitest";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { multusPod, readyNode } from "../observe/observed.fixture.ts";
import { SeenPods } from "../observe/seen-pods.ts";
import { overduePods } from "./overdue-pods.ts";

const ending = (node: string) => multusPod(node, "kube-multus-ds", { terminating: true, graceSeconds: 10 });
const nodes = [readyNode("node-1"), { ...readyNode("node-2"), reachable: false }];

/** The names of the overdue ones, this long after they were first seen. */
function after(seconds: number, pods: MultusPodHealth[]): string[] {
  let passed = 0;
  const seen = new SeenPods(() => passed * 1000);
  seen.ages(pods, new Set(["kube-system"]), new Date());
  passed = seconds;
  return overduePods(pods, nodes, seen.ages(pods, new Set(["kube-system"]), new Date())).map(
    ({ node }) => node,
  );
}

it("gives a pod the time that it has to terminate", () => {
  expect(after(9, [ending("node-1")])).toEqual([]);
  expect(after(11, [ending("node-1")])).toEqual(["node-1"]);
});

it("waits for no kubelet that does not answer", () => {
  expect(after(0, [ending("node-1"), ending("node-2")])).toEqual(["node-2"]);
});

it("does not name one that was not deleted", () => {
  expect(after(3600, [multusPod("node-2", "kube-multus-ds")])).toEqual([]);
});
