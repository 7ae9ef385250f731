import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../../src/kube/client.ts";
import { type Connection, connect } from "../../../src/kube/connection.ts";
import { NetworkError } from "../../../src/kube/errors.ts";
import { podDecoder } from "../../../src/kube/protobuf/pod.ts";
import { type ApiObject, keyOf, type ObjectRef, PODS } from "../../../src/kube/resource.ts";
import { Reflector } from "../../../src/kube/watch/reflector.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";
import { waitUntil } from "../../cluster/daemon.ts";
import { World } from "../networks/world.ts";
import { HalfOpenProxy } from "./half-open-proxy.ts";

/** Connections whose server is gone without a trace, or hangs: requests and watches go on with another one. */

const SILENCE_MS = 800;
const ANNOTATION = "k8s.v1.cni.cncf.io/networks";
/** Each start of an API server takes 2 s of CPU time. */
const ROUNDS = 3;
const WRITERS = 8;

let plane: ControlPlane;
let world: World;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  world = new World(plane.kubeconfig);
  await world.serviceAccount("default");
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  for (const { metadata } of (await world.client.list(PODS)).items)
    await world.client.delete(pod(metadata.name));
});
afterAll(async () => {
  await world?.connection.close();
  await plane?.stop();
});

function connection(kubeconfig: string): Connection {
  const made = connect({ kubeconfig });
  stops.push(() => made.close());
  return made;
}

async function watch(client: KubeClient, protobuf: boolean, silenceMs = 60_000): Promise<Reflector<string>> {
  const reflector = new Reflector<string>({
    client,
    type: PODS,
    log: pino({ level: "silent" }),
    ...(protobuf ? { protobuf: podDecoder([ANNOTATION]) } : {}),
    project: valueIn,
    onChange: () => {},
    silenceMs,
  });
  reflector.start();
  stops.push(() => reflector.stop());
  await reflector.whenSynced();
  return reflector;
}

const pod = (name: string): ObjectRef => ({ type: PODS, namespace: "default", name });
const valueIn = ({ metadata }: ApiObject) =>
  (metadata.annotations as Record<string, string> | undefined)?.[ANNOTATION] ?? "";
const annotated = (value: string) => ({ metadata: { annotations: { [ANNOTATION]: value } } });
const failureOf = async (request: Promise<unknown>) =>
  await request.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

it("ends a watch and a request on whose connection nothing arrives any more, and goes on with other connections", async () => {
  await world.pod("one");
  await using proxy = await HalfOpenProxy.start(plane);
  const watching = new KubeClient(connection(proxy.kubeconfig));
  const watches = [await watch(watching, false, SILENCE_MS), await watch(watching, true, SILENCE_MS)];

  // A second client: a watch that is opened again could take the connection that this request leaves open.
  const client = new KubeClient(connection(proxy.kubeconfig));
  await client.get(pod("one")); // leaves a connection behind for the next request
  proxy.forget();
  const before = proxy.connections;
  await world.client.patch(pod("one"), annotated("changed"));
  const get = () => client.get<ApiObject>(pod("one"), { signal: AbortSignal.timeout(SILENCE_MS) });
  expect(await failureOf(get())).toBeInstanceOf(NetworkError);
  // Each request that ends takes its connection along, so as many may fail as connections were kept.
  await waitUntil("an answer", async () => {
    const found = await get().catch(() => undefined);
    return found !== undefined && valueIn(found) === "changed";
  });
  for (const reflector of watches)
    await waitUntil("the change", () => reflector.get("default/one") === "changed");
  // One for each watch, and one for the request.
  expect(proxy.connections).toBeGreaterThanOrEqual(before + 3);
});

it("knows every pod after the API server was killed and restarted several times while pods changed", async () => {
  const client = new KubeClient(connection(plane.kubeconfig));
  const watches = [await watch(client, false), await watch(client, true)];
  let isOver = false;
  let changes = 0;
  const ownLimits: string[] = [];
  const write = async (request: Promise<unknown>) => {
    const error = await failureOf(request);
    if (error === undefined) changes++;
    else if (isOwnLimit(error)) ownLimits.push(error.message);
    if (error instanceof NetworkError) await sleep(20);
  };
  const writer = async (nth: number) => {
    for (let i = 0; !isOver; i++) {
      const name = `pod-${nth}-${i % 5}`;
      if (i % 7 === 0) await write(client.delete(pod(name), { gracePeriodSeconds: 0 }));
      await write(client.create(PODS, newPod(name)));
      await write(client.patch(pod(name), annotated(`${nth}-${i}`)));
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, nth) => writer(nth));
  for (let round = 0; round < ROUNDS; round++) {
    const before = changes;
    await waitUntil("pods to change", () => changes > before + 50);
    await plane.apiserver.restart();
  }
  isOver = true;
  await Promise.all(writers);

  // Without a resourceVersion, a list is read from etcd's quorum.
  const { items } = await client.list(PODS);
  const expected = Object.fromEntries(items.map((item) => [keyOf(item), valueIn(item)]));
  expect(items.length).toBeGreaterThan(WRITERS);
  for (const reflector of watches)
    await waitUntil("the watch to know every pod", () => {
      expect(Object.fromEntries(reflector.entries())).toEqual(expected);
      return true;
    });
  expect(ownLimits).toEqual([]);
});

/**
 * Whether a request ended because nothing came for a minute. That a server which starts accepts no connection for ten
 * seconds is its own doing, on a busy machine.
 */
function isOwnLimit(error: Error): boolean {
  const cause = error.cause as (Error & { code?: string }) | undefined;
  if (error.message.includes("has not accepted the connection")) return false;
  return cause?.name === "TimeoutError" || /_TIMEOUT$/.test(cause?.code ?? "");
}

function newPod(name: string): ApiObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", image: "busybox" }],
    },
  };
}
