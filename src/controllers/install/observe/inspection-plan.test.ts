import { expect, it } from "vitest";
import { nodeInspection } from "../../../crds/node-inspection.ts";
import { inspectionFindings, inspectionPlan, isEarly } from "./inspection-plan.ts";
import { AGES, installOf, multusPod, NOW } from "./observed.fixture.ts";

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

it("takes the file that v3 left for no configuration of the daemon which runs, and inspects the node again", () => {
  const install = installOf({ mode: "Thick" });
  const conf = (type: string) => ({ name: "00-multus.conf", pluginTypes: [type] });
  const inspected = (type: string) =>
    nodeInspection.parse({
      ...{ node: "node-1", at: NOW.toISOString(), architecture: "amd64", binaries: [], interfaces: [] },
      ...{ multusFiles: [], leftovers: [], primary: { file: "10-calico.conflist", networkName: "k8s" } },
      confFiles: [conf(type), { name: "10-calico.conflist", pluginTypes: ["calico"] }],
    });
  const pods = [multusPod("node-1", "kube-multus-ds", { isDaemon: true })];
  const known = { failures: new Map(), isCurrent: () => true, rejected: () => undefined };
  const reasons = (type: string) =>
    inspectionFindings(install.spec, pods, { inspections: [inspected(type)], ...known }, NOW).unhealthy.map(
      ({ reason }) => reason,
    );
  expect(reasons("multus")).toEqual(["ConfigurationMissing"]);
  expect(reasons("multus-shim")).toEqual([]);
  const { isFine } = inspectionPlan(install, pods, AGES, () => NOW);
  expect([inspected("multus"), inspected("multus-shim")].map(isFine)).toEqual([false, true]);
});
