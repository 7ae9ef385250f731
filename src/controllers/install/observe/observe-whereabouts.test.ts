import { expect, it } from "vitest";
import type { ApiObject } from "../../../kube/resource.ts";
import { rollout } from "../rollout/assess.ts";
import { type WhereaboutsView, whereaboutsDaemonSet, withWhereabouts } from "./observe-whereabouts.ts";
import { AGES, asLive, installOf, multusPod, NOW, readyNode, resolved } from "./observed.fixture.ts";

const MULTUS = { ...rollout(1, [], []), desired: 2, updated: 2, available: 2, current: true };
const objects = resolved(installOf({ whereabouts: { enabled: true } })).rendered.objects;
const wanted = whereaboutsDaemonSet(objects);

function live(status: object): ApiObject {
  if (!wanted) throw new Error("nothing was rendered");
  const found = asLive(wanted);
  return {
    ...found,
    metadata: { ...found.metadata, generation: 2 },
    status: { observedGeneration: 2, ...status },
  };
}
const DONE = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };

function found(daemonSet: ApiObject | undefined, more: Partial<WhereaboutsView> = {}) {
  return withWhereabouts(MULTUS, wanted, {
    owned: { get: () => daemonSet },
    pods: [],
    ages: AGES,
    nodes: [readyNode("node-1")],
    hasSeenWrite: () => true,
    ...more,
  });
}

it("adds nothing to the rollout of Multus if it is not wanted, or runs everywhere", () => {
  expect(withWhereabouts(MULTUS, undefined, {} as WhereaboutsView)).toBe(MULTUS);
  expect(found(live(DONE))).toEqual(MULTUS);
});

it("waits until it runs on every node", () => {
  expect(found(undefined).waiting).toBe("DaemonSet whereabouts is being created");
  expect(found(live({ ...DONE, numberAvailable: 1 })).waiting).toBe(
    "whereabouts: 2 of 2 nodes updated, 1 available",
  );
  expect(found(live({ ...DONE, updatedNumberScheduled: 0 })).waiting).toContain("0 of 2 nodes updated");
});

it("does not believe numbers of an older DaemonSet, or of a copy from before the last write", () => {
  const unseen = "the DaemonSet controller has not seen the newest whereabouts yet";
  expect(found(live({ ...DONE, observedGeneration: 1 })).waiting).toBe(unseen);
  expect(found(live(DONE), { hasSeenWrite: () => false }).waiting).toBe(unseen);
});

it("names a node on which it fails, with the field that sets its image", () => {
  const issue = { container: "whereabouts", image: "r.invalid/w:v0.9.3", restarts: 0 };
  const pull = { ...issue, reason: "ErrImagePull", message: "401 Unauthorized" };
  const pods = [multusPod("node-1", "whereabouts", { ready: false, issue: pull })];
  const [entry] = found(live(DONE), { pods }).unhealthy;
  expect(entry).toMatchObject({ node: "node-1", message: expect.stringMatching(/^whereabouts: /) });
  expect(entry?.message).toContain("spec.whereabouts.image.pullSecrets");
  expect(entry?.message).not.toMatch(/\bMultus\b/);
  // One of Multus' is no pod of whereabouts, whatever label it has.
  expect(
    found(live(DONE), { pods: [multusPod("node-1", "kube-multus-ds", { issue: pull })] }).unhealthy,
  ).toEqual([]);
});

it("checks again once a pod that failed counts as healthy", () => {
  const runningSince = new Date(NOW.getTime() - 5000).toISOString();
  const issue = {
    container: "whereabouts",
    image: "w",
    restarts: 1,
    reason: "Error",
    message: "exit",
    runningSince,
  };
  const pods = [multusPod("node-1", "whereabouts", { issue })];
  expect(found(live(DONE), { pods })).toMatchObject({
    unhealthy: [{ node: "node-1" }],
    recheckAfterSeconds: 15,
  });
});

it("reports a node that is down once, as Multus' rollout has it", () => {
  const nodes = [{ ...readyNode("node-1"), notReady: "no kubelet" }];
  const down = {
    node: "node-1",
    reason: "NodeNotReady",
    message: "the node is not Ready: no kubelet",
  } as const;
  const pods = [multusPod("node-1", "whereabouts", { ready: false })];
  const view = { owned: { get: () => live(DONE) }, pods, ages: AGES, nodes, hasSeenWrite: () => true };
  expect(withWhereabouts({ ...MULTUS, unhealthy: [down] }, wanted, view).unhealthy).toEqual([down]);
  // A node on which only whereabouts must run again is not hidden.
  expect(withWhereabouts(MULTUS, wanted, view).unhealthy).toHaveLength(1);
});
