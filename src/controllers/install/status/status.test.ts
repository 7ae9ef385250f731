import { expect, it } from "vitest";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { rollout } from "../rollout/assess.ts";
import { type StatusInput, statusFor } from "./status.ts";

const BEFORE = "2026-01-01T00:00:00Z";
const condition = (type: string, status: "True" | "False", reason: string) => ({
  ...{ type, status, reason, message: `${type} before` },
  observedGeneration: 1,
  lastTransitionTime: BEFORE,
});
const previous: MultusInstallStatus = {
  observedGeneration: 1,
  conditions: [
    condition("Ready", "True", "Available"),
    condition("Reconciling", "False", "Settled"),
    condition("Stalled", "False", "Settled"),
    condition("Degraded", "True", "NodesUnhealthy"),
    condition("Warning", "True", "MovingTag"),
  ],
  version: "v4.3.0",
  distribution: { name: "K3s", evidence: "node-1" },
  nodes: { desired: 5, updated: 5, available: 4, unhealthyTotal: 1 },
  rollout: { revision: "r", generation: 1, state: "Canary", message: "probing node-1" },
  startupTaint: { key: "example.com/not-ready", waitingTotal: 2 },
  inventory: [{ apiVersion: "v1", kind: "ServiceAccount", namespace: "kube-system", name: "multus" }],
  warnings: ["spec.image.tag: moves"],
};
const entry = { apiVersion: "v1", kind: "ConfigMap", namespace: "kube-system", name: "fresh" };
const inventory: StatusInput["inventory"] = [...(previous.inventory ?? []), entry];

it("keeps all that was known while something is not, and says what", () => {
  const state = { kind: "Syncing", message: "nodes: not listed yet", wasReady: true } as const;
  const status = statusFor({ state, inventory }, 2, previous, "2026-01-02T00:00:00Z");
  const { conditions = [], ...rest } = status;
  const { conditions: _, ...known } = previous;
  expect(rest).toEqual({ ...known, observedGeneration: 2, inventory });
  expect(conditions.map(({ type, status: value, reason }) => `${type} ${value} ${reason}`)).toEqual([
    "Ready Unknown Syncing",
    "Reconciling True Syncing",
    "Stalled False Settled",
    "Degraded True NodesUnhealthy",
    "Warning True MovingTag",
  ]);
  expect(conditions[3]).toEqual(previous.conditions?.[3]);
});

it("warns of networks and pods that cannot be read", () => {
  const state = { kind: "Deleting", message: "waiting" } as const;
  const unknown = ["pods: forbidden: you may not list pods"];
  expect(statusFor({ state, inventory: [], unknown }, 2, previous, BEFORE).warnings).toEqual([
    "networks and pods are shown as they were last known: pods: forbidden: you may not list pods",
  ]);
});

it("has no half characters, which the API server stores as others: each reconcile would send the status again", () => {
  const state = { kind: "Failing", reason: "ApplyFailed", message: `${"x".repeat(4095)}🚀` } as const;
  const unknown = [`${"x".repeat(970)}🚀`];
  const { conditions, warnings } = statusFor({ state, inventory: [], unknown }, 2, {}, BEFORE);
  expect(warnings?.[0]).toHaveLength(1024);
  const texts = [...(warnings ?? []), ...(conditions ?? []).map(({ message }) => message)];
  expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
});

it("counts a node once on which both Multus and whereabouts fail", () => {
  const fault = (node: string, message: string) => ({ node, reason: "ImageNotFound" as const, message });
  const unhealthy = [fault("a", "no"), fault("", "no"), fault("", "no"), fault("a", "whereabouts: no")];
  const failing = { ...rollout(1, [], unhealthy), desired: 3 };
  const state = { kind: "Running", phase: { state: "Failing", message: "no" } } as const;
  const { nodes } = statusFor({ state, inventory, rollout: failing }, 2, previous, "2026-01-02T00:00:00Z");
  expect(nodes).toMatchObject({ unhealthyTotal: 3, unhealthy });
});
