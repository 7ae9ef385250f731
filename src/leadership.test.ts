import { pino } from "pino";
import { expect, it } from "vitest";
import { CERTIFICATES } from "./admission/names.ts";
import { KubeClient, type RequestInfo } from "./kube/client.ts";
import { Connection } from "./kube/connection.ts";
import { Leadership } from "./leadership.ts";

const leadership = (leaseNamespace?: string) =>
  new Leadership({
    client: new KubeClient(new Connection()),
    log: pino({ level: "silent" }),
    name: "multus-operator",
    namespace: "operator",
    identity: "a",
    leaseNamespace,
  });

const DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/multus";

it("rejects writes of a replica that does not lead", () => {
  const waiting = leadership("operator");
  expect(waiting.leads).toBe(false);
  expect(() => waiting.assertMayWrite({ method: "PATCH", path: DAEMON_SET })).toThrow(
    expect.objectContaining({ code: "LOST_LEASE" }),
  );
});

it.each<[RequestInfo["method"], string]>([
  ["GET", DAEMON_SET],
  ["PUT", "/apis/coordination.k8s.io/v1/namespaces/operator/leases/multus-operator"],
  ["PATCH", `/api/v1/namespaces/operator/configmaps/${CERTIFICATES}`],
])("permits %s %s without the lease", (method, path) => {
  expect(() => leadership("operator").assertMayWrite({ method, path })).not.toThrow();
});

it("permits writes and leads at once if there is no Lease", async () => {
  const alone = leadership();
  await alone.lead(async () => {
    expect(alone.leads).toBe(true);
    alone.assertMayWrite({ method: "PATCH", path: DAEMON_SET });
  });
  await alone.end(async () => expect(alone.leads).toBe(true));
  expect(alone.leads).toBe(false);
});

it("does not lead any longer after its work could not be stopped, and throws why", async () => {
  const alone = leadership();
  await alone.lead(async () => {});
  await expect(alone.end(() => Promise.reject(new Error("a controller is stuck")))).rejects.toThrow(
    "is stuck",
  );
  expect(alone.leads).toBe(false);
});
