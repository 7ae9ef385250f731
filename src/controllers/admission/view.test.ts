import { pino } from "pino";
import { expect, it } from "vitest";
import { KubeClient, type RequestInfo } from "../../kube/client.ts";
import { Connection } from "../../kube/connection.ts";
import { Caches } from "../shared/caches.ts";
import { ClusterView, MAX_LOOKUPS } from "./view.ts";

it("asks for few NADs at a time, however many a pod requests that do not exist", async () => {
  const log = pino({ level: "silent" });
  const asked: RequestInfo[] = [];
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const before = async (request: RequestInfo) => {
    asked.push(request);
    await answer;
    throw new Error("nothing is sent");
  };
  const client = new KubeClient(new Connection(), { before });
  const view = new ClusterView({
    ...{ client, log, namespace: "multus-operator", onChange: () => {} },
    caches: new Caches(client, log),
  });
  const request = (n: number) => view.network("apps", `net-${n}`);
  const found = Array.from({ length: 64 }, (_, n) => request(n));
  resolve();
  expect(new Set(await Promise.all(found))).toEqual(new Set([undefined]));
  expect(asked).toHaveLength(MAX_LOOKUPS);
  await request(64);
  expect(asked).toHaveLength(MAX_LOOKUPS + 1);
});
