import { afterAll, beforeAll, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { DAEMON_SETS, NODES } from "../../src/kube/resource.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { isWatch } from "../integration/kube/fault-proxy.ts";
import { HollowCluster, isReady } from "./hollow-cluster.ts";

/** A watch of MultusInstalls that shows nothing: the operator knows the status by what it wrote itself. */

let cluster: HollowCluster;
let operator: InstallOperator | undefined;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.put({ version: "v4.3.0", mode: "Thick" });
  await cluster.undisturbed(async () => {
    await cluster.reference();
  });
});
afterAll(async () => {
  await operator?.stop();
  await cluster?.stop();
});

it("repeats no write and no event, sets no condition back, and leaves no guard behind", async () => {
  await cluster.put({ version: "v4.2.4", mode: "Thick" });
  operator = await cluster.operator({
    fault: (request, response) => {
      if (!isWatch(request) || !request.url?.includes("/multusinstalls?")) return false;
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      return true; // no event ever comes
    },
  });
  await cluster.ready();
  const guardIsGone = async () =>
    (await cluster.client.get({ type: DAEMON_SETS, namespace: "kube-system", name: GUARD })) === undefined;
  await waitUntil("the guard to be gone", guardIsGone);
  await waitUntil("the inventory to be without it", async () => {
    const { status } = (await cluster.install()) ?? {};
    return !JSON.stringify(status?.inventory).includes(GUARD);
  });
  const written = cluster.statusWrites;
  const events = (await cluster.events("Available")).length;
  for (const count of [1, 2, 3]) {
    await cluster.client.patch(
      { type: NODES, name: "node-1" },
      { metadata: { labels: { count: `${count}` } } },
    );
    await cluster.client.patch(
      { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" },
      { metadata: { annotations: { count: `${count}` } } },
    );
    await new Promise((resolve) => setTimeout(resolve, 1000)); // longer than changes are gathered for
  }
  expect(isReady(await cluster.install())).toBe(true);
  expect(cluster.statusWrites).toBe(written);
  expect((await cluster.events("Available")).length).toBe(events);
});
