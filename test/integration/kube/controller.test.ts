import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { KubeClient, type RequestInfo } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { Controller } from "../../../src/kube/controller.ts";
import { EventRecorder } from "../../../src/kube/events.ts";
import { type ApiObject, CONFIG_MAPS, EVENTS } from "../../../src/kube/resource.ts";
import { Reflector } from "../../../src/kube/watch/reflector.ts";
import { Metrics } from "../../../src/telemetry/metrics.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../../cluster/daemon.ts";

/** Watch, queue, reconcile and apply together: a controller that keeps a copy of each ConfigMap labelled "copy". */

let plane: BorrowedControlPlane;
const log = pino({ level: "silent" });
const writes: RequestInfo[] = [];
/** The next writes that fail. */
let failing = 0;
let client: KubeClient;

beforeAll(async () => {
  plane = await borrowControlPlane();
  client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }), {
    before: (request) => {
      if (request.method === "GET") return;
      writes.push(request);
      if (failing-- > 0) throw new Error("a write that fails");
    },
  });
});
afterAll(async () => await plane?.stop());

it("brings the copy about, again after failed writes, and writes nothing at rest", async () => {
  const copy = (name: string) => ({ type: CONFIG_MAPS, namespace: "default", name: `${name}-copy` });
  const originals: Reflector<unknown> = new Reflector({
    client,
    log,
    type: CONFIG_MAPS,
    namespace: "default",
    labelSelector: "copy",
    project: (object) => object.data,
    onChange: (key) => controller.enqueue(key),
  });
  const controller = new Controller({
    name: "copy",
    log,
    metrics: new Metrics(),
    reconcile: async (key) => {
      const name = key.split("/")[1] ?? "";
      const data = originals.get(key);
      if (data === undefined) await client.delete(copy(name));
      else {
        const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: copy(name).name }, data };
        await client.apply(copy(name), object, { fieldManager: "copier" });
      }
      return {};
    },
  });
  originals.start();
  await controller.start(originals.whenSynced());
  try {
    failing = 3;
    await plane.kubectl("create", "configmap", "one", "--from-literal=value=1");
    await plane.kubectl("label", "configmap", "one", "copy=yes");
    await waitUntil("the copy", async () => (await client.get(copy("one"))) !== undefined);
    expect(writes.length).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(writes.length).toBe(4);
    await plane.kubectl("delete", "configmap", "one");
    await waitUntil("the copy to be gone", async () => (await client.get(copy("one"))) === undefined);
  } finally {
    await controller.stop();
    await originals.stop();
  }
});

it("sends an event that the API server takes, its note cut to 1024 bytes", async () => {
  const recorder = new EventRecorder(client, log, {
    controller: "multus-operator.dev/test",
    instance: "test-0",
  });
  const regarding: ApiObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "one", namespace: "default", uid: "1" },
  };
  await recorder.send(regarding, { type: "Warning", reason: "Test", action: "Try", note: "ü".repeat(1000) });
  const { items } = await client.list<ApiObject>(EVENTS, { namespace: "default" });
  // The API server sends some of its own (ClusterIPNotAllocated, at a slow start).
  const sent = items.filter(({ reportingController }) => reportingController === "multus-operator.dev/test");
  expect(sent.map(({ reason, note }) => [reason, note])).toEqual([["Test", "ü".repeat(512)]]);
});

it("counts the same event up, and sends no more than 25 of one reason at once", async () => {
  const metrics = new Metrics();
  const recorder = new EventRecorder(
    client,
    log,
    { controller: "multus-operator.dev/flapping", instance: "test-0" },
    {
      dropped: metrics.droppedEvents("flapping"),
    },
  );
  const regarding: ApiObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "flapping", namespace: "default", uid: "2" },
  };
  const signal = new AbortController().signal;
  const note = (text: string) => ({ type: "Warning", reason: "Flaps", action: "Try", note: text }) as const;
  for (let times = 0; times < 3; times++) await recorder.with({ signal }).send(regarding, note("the same"));
  for (let other = 0; other < 30; other++) await recorder.with({ signal }).send(regarding, note(`${other}`));
  await recorder.send(regarding, { ...note("of another reason"), reason: "Other" });
  const { items } = await client.list<ApiObject>(EVENTS, { namespace: "default" });
  const sent = items.filter((event) => event.reportingController === "multus-operator.dev/flapping");
  expect(sent.find((event) => event.note === "the same")?.series).toMatchObject({ count: 3 });
  expect(sent.filter(({ reason }) => reason === "Flaps")).toHaveLength(23); // 3 of the 25 went to one series
  expect(sent.some(({ reason }) => reason === "Other")).toBe(true);
  const dropped = 'multus_operator_events_dropped_total{controller="flapping",cause="too-many"} 8';
  expect(await metrics.registry.metrics()).toContain(dropped);
});
