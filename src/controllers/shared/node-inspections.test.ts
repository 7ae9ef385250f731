import { expect, it } from "vitest";
import { type NodeInspection, nodeInspection } from "../../crds/node-inspection.ts";
import { NodeInspections } from "./node-inspections.ts";

const inspect = (more: Partial<NodeInspection> = {}) =>
  nodeInspection.parse({
    node: "node-1",
    at: "2026-11-24T12:00:00Z",
    architecture: "amd64",
    confFiles: [{ name: "10-calico.conflist", networkName: "k8s-pod-network", pluginTypes: ["calico"] }],
    primary: { file: "10-calico.conflist", networkName: "k8s-pod-network" },
    binaries: [{ name: "bridge", version: "v1.9.1" }],
    interfaces: ["eth0"],
    multusFiles: [],
    leftovers: [],
    ...more,
  });

it("notifies its listeners only of what is new", () => {
  const inspections = new NodeInspections();
  let notified = 0;
  inspections.onChange(() => notified++);
  inspections.set(inspect());
  inspections.set(inspect({ at: "2026-11-24T13:00:00Z" }));
  expect(notified).toBe(1);
  expect(inspections.get("node-1")?.at).toBe("2026-11-24T13:00:00Z");
  inspections.set(inspect({ interfaces: ["eth0", "eth1"] }));
  expect(notified).toBe(2);
  inspections.delete("node-1");
  inspections.delete("node-1");
  expect(notified).toBe(3);
  expect(inspections.values()).toEqual([]);
});

it("rejects an inspection that is out of bounds", () => {
  expect(nodeInspection.safeParse({ ...inspect(), interfaces: ["sixteen-letters!"] }).success).toBe(false);
  expect(nodeInspection.safeParse({ ...inspect(), at: "yesterday" }).success).toBe(false);
});
