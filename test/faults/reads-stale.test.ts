import { afterAll, beforeAll, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { DAEMON_SETS } from "../../src/kube/resource.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { conditionOf, HollowCluster, isReady } from "./hollow-cluster.ts";

/** A right that is taken away while the operator runs: its copy grows old, and the status must not vouch for it. */

let cluster: HollowCluster;
let operator: InstallOperator;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.put({ nodes: { inspection: "Off" } });
  operator = await cluster.operator();
  await cluster.ready();
});
afterAll(async () => {
  await operator?.stop();
  await cluster?.stop();
});

it.each(["nodes", "pods"])(
  "says within minutes that %s may not be read any more, writes nothing, and recovers",
  async (resource) => {
    const before = await cluster.state();
    cluster.forbid(resource);
    await waitUntil("Ready to be unknown", async () => {
      const ready = conditionOf(await cluster.install(), "Ready");
      return ready?.status === "Unknown" && ready.reason === "Syncing";
    });
    const { message = "", reason, status } = conditionOf(await cluster.install(), "Reconciling") ?? {};
    expect([reason, status]).toEqual(["Syncing", "True"]);
    expect(message).toMatch(new RegExp(`^${resource}.*: forbidden: Forbidden by the test$`));
    // Drift is left alone meanwhile: whether it may be repaired depends on what cannot be seen.
    const daemonSet = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
    await cluster.client.patch(daemonSet, { spec: { minReadySeconds: 7 } });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await cluster.client.get(daemonSet)).toMatchObject({ spec: { minReadySeconds: 7 } });
    cluster.allow();
    await waitUntil("the install to be Ready", async () => isReady(await cluster.install()));
    await waitUntil("the drift to be repaired", async () => {
      const now = (await cluster.client.get(daemonSet)) as
        | { spec?: { minReadySeconds?: number } }
        | undefined;
      return now?.spec?.minReadySeconds !== 7;
    });
    expect(await cluster.state()).toEqual(before);
  },
);
