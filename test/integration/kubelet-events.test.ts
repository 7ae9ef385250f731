import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sandboxFailure } from "../../src/controllers/install/canary/probe.ts";
import { KubeletEvents } from "../../src/controllers/install/observe/kubelet-events.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { CORE_EVENTS } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { FaultProxy, refuseWith } from "./kube/fault-proxy.ts";

/** Events are not indexed by reason: the API server reads all of a namespace for each list of one reason. */

let plane: BorrowedControlPlane;
const log = pino({ level: "silent" });

beforeAll(async () => {
  plane = await borrowControlPlane();
});
afterAll(async () => await plane?.stop());

async function report(name: string, about = name, reason = "FailedMount"): Promise<void> {
  await new KubeClient(connect({ kubeconfig: plane.kubeconfig })).create(CORE_EVENTS, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace: "default" },
    involvedObject: { kind: "Pod", namespace: "default", name: "a", uid: about },
    reason,
    message: name,
    type: "Warning",
    lastTimestamp: new Date().toISOString().replace(/\.\d+/, ""),
  });
}

it("lists the events of one reason once in 15 s, and has a fresh answer asked for afterwards", async () => {
  await using proxy = await FaultProxy.start(plane);
  let now = 0;
  let outdated = 0;
  const client = new KubeClient(connect({ kubeconfig: proxy.kubeconfig }));
  const events = new KubeletEvents(
    client,
    () => outdated++,
    () => now,
  );
  const uids = { about: ["one", "two"], needed: ["one", "two"] };
  const count = async (reason = "FailedMount") =>
    (await events.withReason("default", reason, uids, log))?.length;
  const lists = () => proxy.requests.filter((request) => request.includes("/events?")).length;
  try {
    await report("one");
    expect(await count()).toBe(1);
    await report("two");
    now = 14_950;
    expect(await Promise.all([count(), count(), count()])).toEqual([1, 1, 1]);
    expect(await count("Other")).toBe(0);
    expect(lists()).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(outdated).toBe(1);
    now = 15_000;
    expect(await count()).toBe(2);
    expect(lists()).toBe(3);

    proxy.fault = (_, response) => refuseWith(response, 403, "Forbidden");
    now = 40_000;
    expect(await count()).toBeUndefined();
  } finally {
    events.stop();
  }
});

it("reads pages, however many events others create, and keeps the last of each object in question", async () => {
  const names = Array.from({ length: 230 }, (_, index) => `${index}`.padStart(3, "0"));
  for (const name of names) await report(`sandbox-${name}`, "probe", "FailedCreatePodSandBox");
  for (const name of names) await report(`mount-${name}`, name, "FailedMount");
  await using proxy = await FaultProxy.start(plane);
  const client = new KubeClient(connect({ kubeconfig: proxy.kubeconfig }));
  const events = new KubeletEvents(client, () => {});
  const uids = { about: ["229", "none"], needed: ["229", "none"] };
  try {
    const found = await events.withReason("default", "FailedMount", uids, log);
    expect(found?.map(({ uid, message }) => [uid, message])).toEqual([["229", "mount-229"]]);
    const scope = { deps: { client }, context: { log } } as unknown as Parameters<typeof sandboxFailure>[0];
    expect(await sandboxFailure(scope, { namespace: "default", uid: "probe" })).toMatch(/^sandbox-/);
  } finally {
    events.stop();
  }
  const lists = proxy.requests.filter((request) => request.includes("/events?"));
  expect(lists.length).toBeGreaterThan(3);
  expect(lists.filter((request) => !/[?&]limit=[1-9][0-9]{1,2}(&|$)/.test(request))).toEqual([]);
});
