import { afterAll, beforeAll, expect, it } from "vitest";
import { CLUSTER_ROLES, NODES } from "../../src/kube/resource.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { conditionOf, HollowCluster } from "./hollow-cluster.ts";

/** A pause holds Multus and its objects as they are, and keeps no new node from its pods. */

let cluster: HollowCluster;
const KEY = "multus-operator.dev/not-ready";
const TAINT = { key: KEY, effect: "NoSchedule" };
const specOf = (version: string, paused: boolean) => ({
  version,
  mode: version.startsWith("v3") ? "Thin" : "Thick",
  paused,
  nodes: { startupTaint: KEY },
});

beforeAll(async () => {
  cluster = await HollowCluster.start();
});
afterAll(async () => await cluster?.stop());

const ready = async () => conditionOf(await cluster.install(), "Ready");
const taintsOf = async (name: string) => {
  const node = await cluster.client.get({ type: NODES, name });
  const { taints = [] } = (node?.spec ?? {}) as { taints?: (typeof TAINT)[] };
  return taints.map(({ key }) => key);
};

it.each(["a running operator", "an operator that starts during the pause"])(
  "writes nothing of Multus while paused, names what waits, and frees new nodes: %s",
  async (kind) => {
    const node = `new-${kind.split(" ")[1]}`;
    await cluster.put(specOf("v4.3.0", false));
    let operator = await cluster.operator();
    try {
      await cluster.ready();
      await cluster.reference();
      cluster.forget();
      const restarts = kind !== "a running operator";
      if (restarts) await operator.stop();
      // v3.4 has a DaemonSet of another name: that of v4 serves the nodes until the pause ends.
      const waiting = restarts ? "v3.4" : "v4.2.4";
      await cluster.put(specOf(waiting, true));
      if (restarts) operator = await cluster.operator();
      await waitUntil("the pause", async () => {
        const install = await cluster.install();
        return conditionOf(install, "Reconciling")?.reason === "Paused";
      });
      const before = cluster.writes.length;
      await cluster.client.delete({ type: CLUSTER_ROLES, name: "multus" });
      await cluster.nodes.add(node, { taints: [TAINT] });
      await waitUntil("the taint to be removed", async () => !(await taintsOf(node)).includes(KEY));
      await waitUntil("the status to name the role", async () =>
        ((await ready())?.message ?? "").includes("create ClusterRole multus"),
      );
      expect(await ready()).toMatchObject({ status: "False", reason: "Paused" });
      expect((await ready())?.message).toMatch(/(apply|create) DaemonSet kube-system\/kube-multus-ds/);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(new Set(cluster.writes.slice(before))).toEqual(new Set([`PATCH /api/v1/nodes/${node}`]));
      expect(cluster.nodes.tasks).toEqual([]);

      await cluster.put(specOf(waiting, false));
      await cluster.ready();
      expect(await cluster.client.get({ type: CLUSTER_ROLES, name: "multus" })).toBeDefined();
    } finally {
      await operator.stop();
    }
  },
);
