import { expect, it } from "vitest";
import { isDaemonPod } from "./daemon-pod.ts";

const owner = { kind: "DaemonSet", name: "kube-multus-ds", controller: true };
const pod = (metadata: object, phase?: string) => ({ metadata, status: phase ? { phase } : {} });

it("knows a pod of Multus' DaemonSet, also before its kubelet says that it runs", () => {
  expect(isDaemonPod(pod({ ownerReferences: [owner] }, "Running"))).toBe(true);
  expect(isDaemonPod(pod({ ownerReferences: [owner] }))).toBe(true);
});

it.each([
  ["is owned by nobody", pod({}, "Running")],
  [
    "is another DaemonSet's",
    pod({ ownerReferences: [{ ...owner, name: "multus-rollout-guard" }] }, "Running"),
  ],
  ["is another kind's", pod({ ownerReferences: [{ ...owner, kind: "ReplicaSet" }] }, "Running")],
  ["names the DaemonSet beside its controller", pod({ ownerReferences: [{ ...owner, controller: false }] })],
  ["has ended", pod({ ownerReferences: [owner] }, "Failed")],
  [
    "is being deleted",
    pod({ ownerReferences: [owner], deletionTimestamp: "2026-01-01T00:00:00Z" }, "Running"),
  ],
])("does not take for one a pod that %s", (_, other) => {
  expect(isDaemonPod(other)).toBe(false);
});
