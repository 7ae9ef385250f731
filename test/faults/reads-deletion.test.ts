import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ApiObject } from "../../src/kube/resource.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { conditionOf, DAEMON_SET, HollowCluster, NODE_COUNT } from "./hollow-cluster.ts";
import { FAULTS, forbids, RESOURCES } from "./read-faults.ts";

/**
 * An operator that starts in the middle of a deletion, and whose lists and watches are late, refused or cut off:
 * every node is cleaned all the same, and nothing is deleted before it is known what there is.
 */

let cluster: HollowCluster;

beforeAll(async () => {
  cluster = await HollowCluster.start();
});
afterAll(async () => await cluster?.stop());

const SPEC = { nodes: { inspection: "Off" } };

beforeEach(async () => {
  await cluster.clear();
  await cluster.put(SPEC);
  // The operator that begins the deletion ends as soon as Multus' pods are told to.
  await cluster.undisturbed(async () => {
    await cluster.ready();
    await cluster.remove();
    await waitUntil("Multus to be deleted", async () => {
      const daemonSet = await cluster.client.get<ApiObject>(DAEMON_SET);
      return daemonSet?.metadata.deletionTimestamp !== undefined || daemonSet === undefined;
    });
  });
  cluster.forget();
});

it.each([
  ["nodes", "held, then refused"] as const,
  ...Object.keys(RESOURCES).flatMap((resource) => FAULTS.map((fault) => [resource, fault] as const)),
])("%s %s: all nodes are cleaned", async (resource, fault) => {
  const seen = await cluster.disturbed(resource, fault, () => cluster.gone());
  expect(cluster.nodesOf("clean")).toHaveLength(NODE_COUNT);
  // Each object is read before it is deleted, whatever its watch says.
  if (resource !== "owned objects") expect(seen.writesInTheDark).toEqual([]);
  expect([...seen.tooEarly]).toEqual([]);
  if (fault !== "cut" && ["nodes", "pods"].includes(resource))
    expect([...seen.syncing].join("\n")).toMatch(seen.names(resource));
  expect(await cluster.state()).toEqual({});
  await waitUntil("no task's pod to be left", async () => (await cluster.taskPods()).length === 0);
});

it("names all nodes in an event when they may not be listed until the timeout is over", async () => {
  const began = performance.now();
  const operator = await cluster.operator({ fault: forbids("nodes") });
  try {
    await cluster.put({ ...SPEC, uninstall: { timeout: "5s" } });
    await waitUntil("the condition", async () => {
      const { reason = "", message = "" } = conditionOf(await cluster.install(), "Reconciling") ?? {};
      return reason === "Syncing" && message === "nodes: forbidden: Forbidden by the test";
    });
    await cluster.gone();
  } finally {
    await operator.stop();
    cluster.allow();
  }
  // A list may take its time: an operator that has just started does not give up at once.
  expect(performance.now() - began).toBeGreaterThan(30_000);
  expect(cluster.nodesOf("clean")).toEqual([]);
  expect((await cluster.events("NodesNotCleaned")).join()).toMatch(
    /^All nodes are unknown, and none was cleaned within spec.uninstall.timeout: nodes: forbidden: Forbidden by the test\. .*apply the same MultusInstall/,
  );
});
