import { expect, it } from "vitest";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { isAttached, probeOutcome } from "./probe.ts";

const CREATED = "2026-01-01T00:00:00Z";
const at = (seconds: number) => agesByClock(new Date(Date.parse(CREATED) + seconds * 1000));

function probe(status: object, networks?: unknown) {
  return multusPodHealth({
    metadata: {
      name: "multus-probe-1",
      namespace: "kube-system",
      creationTimestamp: CREATED,
      ...(networks ? { annotations: { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(networks) } } : {}),
    },
    status,
  });
}

const reported = (name: string) => probe({ phase: "Running" }, [{ name: "cbr0", default: true }, { name }]);

it("knows the network by the names that v4 and v3 report", () => {
  expect(isAttached(reported("kube-system/net"), "kube-system/net")).toBe(true);
  expect(isAttached(reported("net"), "kube-system/net")).toBe(true);
  expect(isAttached(reported("default/net"), "kube-system/net")).toBe(false);
  expect(isAttached(probe({ phase: "Running" }), "kube-system/net")).toBe(false);
});

it("passes with the report, also before the container has started", () => {
  expect(probeOutcome(probe({ phase: "Pending" }), true, at(1))).toBe("Passed");
});

it("fails where the container started without the report", () => {
  for (const phase of ["Running", "Succeeded", "Failed"])
    expect(probeOutcome(probe({ phase }), false, at(1))).toEqual({
      failed: "the probe started without its network",
    });
});

it("reports the kubelet's reason if the node did not run it", () => {
  const full = { phase: "Failed", reason: "OutOfpods", message: "Node didn't have enough resource: pods" };
  expect(probeOutcome(probe(full), false, at(1))).toEqual({
    failed: "the kubelet rejected the probe, or ended it: OutOfpods: Node didn't have enough resource: pods",
  });
});

it("waits for the kubelet's retries, and asks for the cause then", () => {
  expect(probeOutcome(probe({ phase: "Pending" }), false, at(59))).toBe("Running");
  expect(probeOutcome(probe({ phase: "Pending" }), false, at(61))).toBe("NoSandbox");
  const waiting = { name: "probe", state: { waiting: { reason: "ErrImagePull", message: "not found" } } };
  expect(probeOutcome(probe({ phase: "Pending", containerStatuses: [waiting] }), false, at(61))).toEqual({
    failed: "the probe did not start: not found",
  });
});
