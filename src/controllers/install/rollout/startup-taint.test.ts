import { expect, it } from "vitest";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { nodeView } from "../../../diagnosis/node.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { carrying, servedNodes, startupTaintStep } from "./startup-taint.ts";

const NOW = agesByClock(new Date("2026-01-01T00:01:00Z"));

function pod(node: string, readySince: string | undefined, metadata: object = {}) {
  const conditions = readySince
    ? [{ type: "Ready", status: "True", lastTransitionTime: readySince }]
    : [{ type: "Ready", status: "False" }];
  return multusPodHealth({
    metadata: { name: `pod-${node}`, namespace: "kube-system", ...metadata },
    spec: { nodeName: node },
    status: { conditions },
  });
}

it("counts a node as served when its pod has been Ready for some seconds, not before", () => {
  const found = servedNodes(
    [
      pod("long", "2026-01-01T00:00:30Z"),
      pod("just", "2026-01-01T00:00:58Z"),
      pod("later", "2026-01-01T00:00:59Z"),
      pod("not", undefined),
      pod("ending", "2026-01-01T00:00:30Z", { deletionTimestamp: "2026-01-01T00:00:50Z" }),
    ],
    NOW,
  );
  expect([...found.served]).toEqual(["long"]);
  expect(found.nextInSeconds).toBe(3);
});

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

it("keeps a key that the spec no longer has in the status until no node carries it: one removal may have come too late", () => {
  const [old, key] = ["example.com/old", "example.com/new"];
  const tainted = nodeView({
    metadata: { name: "a" },
    spec: { taints: [{ key: old, effect: "NoSchedule" }] },
  });
  const free = nodeView({ metadata: { name: "a" } });
  for (const wanted of [key, undefined]) {
    const first = startupTaintStep(wanted, old, [tainted], [], [], NOW);
    expect(first.actions).toMatchObject([{ kind: "RemoveTaint", node: { name: "a" }, key: old }]);
    expect(first.status).toEqual({ key: old, waitingTotal: 1, waiting: ["a"] });
    const then = startupTaintStep(wanted, old, [free], [], [], NOW);
    expect(then.actions).toEqual([]);
    expect(then.status?.key).toBe(wanted);
  }
});
