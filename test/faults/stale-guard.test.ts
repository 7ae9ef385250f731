import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import { DAEMON_SETS } from "../../src/kube/resource.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { type Fault, isWatch, refuseWith } from "../integration/kube/fault-proxy.ts";
import { HollowCluster, NODE_COUNT } from "./hollow-cluster.ts";

/** A copy of the guard that is older than its deletion: the pods of Multus must not end in reliance on it. */

let cluster: HollowCluster;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.put(specOf("v4.3.0"));
  await cluster.undisturbed(async () => {
    await cluster.reference();
  });
  await cluster.put(specOf("v4.2.4"));
  cluster.forget();
});
afterAll(async () => await cluster?.stop());

const specOf = (version: string) => ({ version, mode: "Thick", nodes: { inspection: "Off" } });
const GUARD_REF = { type: DAEMON_SETS, namespace: "kube-system", name: GUARD };

const replacesMultus = ({ method, url = "" }: IncomingMessage) =>
  method === "PATCH" && url.includes("/daemonsets/kube-multus-ds?") && !url.includes("dryRun");
const showsGuard = (request: IncomingMessage) =>
  isWatch(request) && /metadata\.name%3Dmultus-rollout-guard|\/pods\?/.test(request.url ?? "");

it("replaces no Multus in reliance on a guard that was deleted", async () => {
  let refused = 0;
  const refusesReplacement: Fault = (request, response) => {
    if (!replacesMultus(request)) return false;
    refused++;
    return refuseWith(response, 503, "ServiceUnavailable");
  };
  const first = await cluster.operator({ fault: refusesReplacement });
  const guards = () => cluster.nodes.started.filter(({ name }) => name === GUARD);
  await waitUntil("the guard on all nodes", () => guards().length === NODE_COUNT && refused > 0);
  await first.stop();

  refused = 0;
  let mayReplace = false;
  let asked = 0;
  const operator = await cluster.operator({
    fault: (request, response) => {
      if (request.method === "GET" && request.url?.endsWith(`/daemonsets/${GUARD}`)) asked++;
      if (showsGuard(request)) {
        response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
        return true; // no event ever comes
      }
      return mayReplace ? false : refusesReplacement(request, response);
    },
  });
  try {
    await waitUntil("the operator to rely on the guard", () => refused > 0);
    await cluster.client.delete(GUARD_REF, { propagationPolicy: "Foreground" });
    await waitUntil("the guard to be gone", async () => (await cluster.client.get(GUARD_REF)) === undefined);
    mayReplace = true;
    asked = 0;
    await cluster.client.patch(
      { type: MULTUS_INSTALL, name: "multus" },
      { metadata: { annotations: { again: "1" } } },
    );
    await waitUntil("the operator to ask for the guard", () => asked > 0);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(cluster.nodes.ended.filter(({ name }) => name === "multus")).toEqual([]);

    cluster.allow();
    cluster.reset();
    await cluster.ready();
    const ended = cluster.nodes.ended.filter(({ name }) => name === "multus");
    expect(ended).toHaveLength(NODE_COUNT);
    expect(ended.filter(({ next }) => !next.includes(GUARD))).toEqual([]);
  } finally {
    await operator.stop();
  }
});
