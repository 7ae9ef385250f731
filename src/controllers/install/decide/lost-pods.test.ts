import { expect, it } from "vitest";
import type { ApiObject } from "../../../kube/resource.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { multusPod, readyNode } from "../observe/observed.fixture.ts";
import { before, daemonSetOf, guard, multusPods, plan, THICK, texts, upgrading } from "./plans.fixture.ts";

/** node-2 lost power while something was deleted in the foreground, which ends when the last pod has. */

const NODES = [readyNode("node-1"), { ...readyNode("node-2"), reachable: false }];
const ending = (object: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
});
const leaving = (node: string, daemonSet: string, endsAt = "2026-01-01T00:05:00Z") =>
  multusPod(node, daemonSet, { terminating: true, ready: false, endsAt });
const guardEnds = guard("2026-01-01T00:00:00Z").map(ending);
const forced = (found: ReturnType<typeof plan>) =>
  texts(found).filter((text) => text.startsWith("ForceDeletePod"));

it("ends a previous guard that waits for a node that is down: a rollout needs the next one", () => {
  const pods = [...multusPods, leaving("node-2", GUARD)];
  const found = plan(THICK, { ...upgrading, more: guardEnds, nodes: NODES, pods });
  expect(forced(found)).toEqual([`ForceDeletePod ${GUARD}-node-2`]);
});

it("ends a DaemonSet that was deleted outside the operator and waits for a node that is down", () => {
  const daemonSet = ending(daemonSetOf(before));
  const pods = [leaving("node-2", "kube-multus-ds")];
  const found = plan(THICK, { ...upgrading, more: [daemonSet], nodes: NODES, pods });
  expect(forced(found)).toEqual(["ForceDeletePod kube-multus-ds-node-2"]);
});

it("leaves a pod whose kubelet answers, that has just been deleted, or whose DaemonSet stays", () => {
  const deleted = leaving("node-2", GUARD, "2026-01-01T00:09:30Z");
  for (const pod of [leaving("node-1", GUARD), deleted, leaving("node-2", "kube-multus-ds")])
    expect(forced(plan(THICK, { ...upgrading, more: guardEnds, nodes: NODES, pods: [pod] }))).toEqual([]);
});
