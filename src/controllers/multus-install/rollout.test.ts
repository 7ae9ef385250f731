import { expect, it } from "vitest";
import { rollout, verdict } from "./rollout.ts";
import { daemonSetView } from "./views.ts";

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
  expect(verdict(rollout(1, [daemonSet(2, 2, 3, 3, 3)], []))).toMatchObject({ state: "Complete" });
  expect(verdict(rollout(1, [daemonSet(2, 2, 3, 2, 3)], []))).toMatchObject({ state: "Progressing" });
  expect(verdict(rollout(1, [daemonSet(2, 2, 3, 3, 2)], []))).toMatchObject({ state: "Progressing" });
});

it("does not believe numbers that speak of an older spec", () => {
  expect(verdict(rollout(1, [daemonSet(3, 2, 3, 3, 3)], []))).toMatchObject({ state: "Progressing" });
});

it("does not call a rollout complete while a DaemonSet is missing", () => {
  expect(verdict(rollout(2, [daemonSet(1, 1, 3, 3, 3)], []))).toMatchObject({ state: "Progressing" });
});

it("is not complete while somebody deletes an object of it, whatever the numbers say", () => {
  const found = verdict(rollout(1, [daemonSet(1, 1, 3, 3, 3)], [], ["DaemonSet kube-system/kube-multus-ds"]));
  expect(found).toMatchObject({ state: "Progressing", message: expect.stringContaining("kube-multus-ds") });
});

it("is not ready where no node matches", () => {
  expect(verdict(rollout(1, [daemonSet(1, 1, 0, 0, 0)], []))).toMatchObject({ state: "NoNodes" });
});

it("names the worst node and counts the others", () => {
  const unhealthy = [
    { node: "n1", reason: "CrashLoopBackOff", message: "ended" },
    { node: "n2", reason: "ImagePullBackOff", message: "no image" },
  ];
  expect(verdict(rollout(1, [daemonSet(1, 1, 2, 2, 0)], unhealthy))).toEqual({
    state: "Failing",
    message: "n1: ended (and 1 more)",
  });
});
