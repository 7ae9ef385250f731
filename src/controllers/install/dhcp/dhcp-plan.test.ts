import { expect, it } from "vitest";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { type DhcpFacts, dhcpActions, dhcpFindings, dhcpStep } from "./dhcp-plan.ts";

const facts = (more: Partial<DhcpFacts>): DhcpFacts => ({
  ...{ daemon: "Auto", isNeeded: false, isThere: true, idleSeconds: 3600, requesting: 0 },
  ...more,
});

it.each<[string, Partial<DhcpFacts>, string]>([
  ["applied once a network needs it", { isNeeded: true, isThere: false }, "Apply"],
  ["repaired while a network needs it", { isNeeded: true, requesting: 5 }, "Apply"],
  ["not there while no network needs it", { isThere: false }, "None"],
  ["deleted when no network has needed it for a while, and no pod has a network", {}, "Delete"],
  ["kept for a while", { idleSeconds: 599 }, "Apply"],
  ["kept while a pod may have a lease", { requesting: 1 }, "Apply"],
  ["kept while it is not known whether a pod may have one", { requesting: undefined }, "Apply"],
  ["deleted if it is Off, whatever needs it", { daemon: "Off", requesting: 9, idleSeconds: 0 }, "Delete"],
  ["not there if it is Off", { daemon: "Off", isThere: false }, "None"],
])("is %s", (_, more, expected) => expect(dhcpStep(facts(more))).toBe(expected));

const OBJECT = {
  ...{ apiVersion: "apps/v1", kind: "DaemonSet" },
  metadata: { name: "multus-dhcp", namespace: "kube-system" },
};

it("records it before it is created", () => {
  expect(dhcpActions({ step: "Apply", object: OBJECT }).map(({ kind }) => kind)).toEqual(["Record", "Apply"]);
  expect(dhcpActions({ step: "Delete", object: OBJECT }).map(({ kind }) => kind)).toEqual(["Delete"]);
  expect(dhcpActions({ step: "None", object: OBJECT })).toEqual([]);
});

it("shows on which nodes it fails, and why", () => {
  const live = {
    ...{ ...OBJECT, metadata: { ...OBJECT.metadata, generation: 1 } },
    status: { observedGeneration: 1, desiredNumberScheduled: 3, numberAvailable: 1 },
  } as ApiObject;
  const pod = (node: string, waiting?: object, conditions: object[] = []) =>
    multusPodHealth({
      metadata: { name: `dhcp-${node}`, namespace: "kube-system" },
      spec: { nodeName: node, containers: [{ name: "dhcp" }] },
      status: {
        phase: waiting ? "Pending" : "Running",
        conditions,
        containerStatuses: [{ name: "dhcp", image: "p:1", state: waiting ? { waiting } : { running: {} } }],
      },
    });
  const pods = [
    pod("b", { reason: "ImagePullBackOff", message: "not found" }),
    pod("a", undefined, [{ type: "Ready", status: "True" }]),
    pod("c", { reason: "ContainerCreating" }),
  ];
  const { status, warnings } = dhcpFindings(live, pods);
  expect(status).toEqual({
    ...{ desired: 3, available: 1, unhealthyTotal: 1 },
    unhealthy: [{ node: "b", message: "ImagePullBackOff: not found" }],
  });
  expect(warnings).toEqual([
    "the dhcp daemon (spec.dhcp) does not run on 1 node, and pods there get no address by DHCP: b: ImagePullBackOff: not found",
  ]);
  expect(dhcpFindings(live, pods.slice(1)).warnings).toEqual([]);
});
