import { expect, it } from "vitest";
import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import type { UnhealthyNode } from "../../../diagnosis/diagnose.ts";
import { phaseOf, rollout } from "./assess.ts";

const daemonSet = (
  generation: number,
  observedGeneration: number,
  desired: number,
  updated: number,
  available: number,
) =>
  daemonSetView({
    metadata: { name: "kube-multus-ds", namespace: "kube-system", generation },
    status: {
      observedGeneration,
      desiredNumberScheduled: desired,
      updatedNumberScheduled: updated,
      numberAvailable: available,
    },
  });

it("is complete only when every node that should have Multus has the newest", () => {
  expect(phaseOf(rollout(1, [daemonSet(2, 2, 3, 3, 3)], []))).toMatchObject({ state: "Complete" });
  expect(phaseOf(rollout(1, [daemonSet(2, 2, 3, 2, 3)], []))).toMatchObject({ state: "Progressing" });
  expect(phaseOf(rollout(1, [daemonSet(2, 2, 3, 3, 2)], []))).toMatchObject({ state: "Progressing" });
});

it("does not call complete what its pods have not shown: their copy may be older than the DaemonSet's", () => {
  const numbers = [daemonSet(2, 2, 3, 3, 3)];
  expect(phaseOf(rollout(1, numbers, [], { ready: 0 }))).toEqual({
    state: "Progressing",
    message: "3 of 3 nodes updated, 3 available; 3 Ready pods not observed yet",
  });
  expect(phaseOf(rollout(1, numbers, [], { ready: 2 }))).toMatchObject({ state: "Progressing" });
  expect(phaseOf(rollout(1, numbers, [], { ready: 3 }))).toMatchObject({ state: "Complete" });
});

it("does not believe numbers that speak of an older spec", () => {
  expect(phaseOf(rollout(1, [daemonSet(3, 2, 3, 3, 3)], []))).toMatchObject({ state: "Progressing" });
});

it("does not call a rollout complete while a DaemonSet is missing", () => {
  expect(phaseOf(rollout(2, [daemonSet(1, 1, 3, 3, 3)], []))).toMatchObject({ state: "Progressing" });
});

it("is not complete while an object of it is being deleted, whatever the numbers show", () => {
  const found = phaseOf(
    rollout(1, [daemonSet(1, 1, 3, 3, 3)], [], { ending: ["DaemonSet kube-system/kube-multus-ds"] }),
  );
  expect(found).toMatchObject({ state: "Progressing", message: expect.stringContaining("kube-multus-ds") });
});

it("is not complete while pods of a previous Multus are still ending", () => {
  const found = phaseOf(rollout(1, [daemonSet(1, 1, 3, 3, 3)], [], { leaving: 2 }));
  expect(found).toMatchObject({ state: "Progressing", message: expect.stringContaining("2 previous pods") });
});

it("is not complete before the nodes were inspected", () => {
  const unseen = ["n1", "n2", "n3", "n4", "n5", "n6"];
  expect(phaseOf(rollout(1, [daemonSet(1, 1, 6, 6, 6)], [], { unseen }))).toEqual({
    state: "Inspecting",
    message:
      "6 of 6 nodes updated, 6 available; still checking that Multus' configuration is in place on n1, n2, n3, n4, n5 and 1 more",
  });
});

it("is not ready where no node matches", () => {
  expect(phaseOf(rollout(1, [daemonSet(1, 1, 0, 0, 0)], []))).toMatchObject({ state: "NoNodes" });
});

const failing = (unhealthy: UnhealthyNode[]) =>
  phaseOf(rollout(1, [daemonSet(1, 1, 2, 2, 0)], unhealthy)).message;

it("names the nodes of the worst cause and counts the others", () => {
  const crash = { reason: "CrashLoopBackOff", message: "ended" } as const;
  const pull = { reason: "ImageNotFound", message: "no image" } as const;
  expect(failing([{ node: "n1", ...crash }])).toBe("n1: ended");
  expect(
    failing([
      { node: "n1", ...crash },
      { node: "n3", ...crash },
      { node: "n2", ...pull },
    ]),
  ).toBe("n1, n3: ended (1 more with other problems: status.nodes.unhealthy)");
  const many = Array.from({ length: 7 }, (_, i) => ({ node: `n${i}`, ...crash }));
  expect(failing(many)).toBe("n0, n1, n2, n3, n4 and 2 more: ended");
});
