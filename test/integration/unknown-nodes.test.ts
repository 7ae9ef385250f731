import { afterAll, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { conditionOf, forbids, HollowCluster } from "./hollow-cluster.ts";

/** A deletion by an operator that starts in the middle of it and may not list nodes. */

let cluster: HollowCluster;
const SPEC = { nodes: { inspection: "Off" } };

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.put(SPEC);
  const operator = await cluster.operator();
  await cluster.ready();
  await operator.stop();
  await cluster.remove();
});
afterAll(async () => await cluster?.stop());

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
