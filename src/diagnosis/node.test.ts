import { expect, it } from "vitest";
import { nodeView } from "./node.ts";

const node = (more: { labels?: Record<string, string>; ready?: string; os?: string }) => ({
  metadata: { name: "node-1", uid: "u", labels: more.labels ?? {} },
  status: {
    conditions: more.ready === undefined ? [] : [{ type: "Ready", status: more.ready }],
    nodeInfo: { operatingSystem: more.os ?? "linux", kubeletVersion: "v1.36.3" },
  },
});

it.each([
  ["True", true],
  ["False", true],
  ["Unknown", false],
  [undefined, false],
])("is reachable with Ready=%s: %s", (ready, reachable) =>
  expect(nodeView(node({ ready } as never)).reachable).toBe(reachable),
);

it.each([
  [{}, true],
  [{ os: "windows" }, false],
  [{ labels: { type: "virtual-kubelet" } }, false],
])("runs Multus with %j: %s", (more, runsMultus) => expect(nodeView(node(more)).runsMultus).toBe(runsMultus));

it("keeps only the labels that are looked at", () =>
  expect(nodeView(node({ labels: { "microk8s.io/cluster": "true", team: "a" } })).labels).toEqual({
    "microk8s.io/cluster": "true",
  }));
it("says why a node is not Ready, in the kubelet's words", () => {
  const node = (conditions: object[]) =>
    nodeView({ metadata: { name: "a" }, status: { conditions } }).notReady;
  expect(node([{ type: "Ready", status: "True", message: "kubelet is posting ready status" }])).toBe(
    undefined,
  );
  expect(node([{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." }])).toBe(
    "Kubelet stopped posting node status.",
  );
  expect(node([])).toBe("no Ready condition");
});
