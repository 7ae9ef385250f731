import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { KubeClient, type RequestInfo } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { type ApiObject, CONFIG_MAPS } from "../../../src/kube/resource.ts";
import { Reflector } from "../../../src/kube/watch/reflector.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";
import { waitUntil } from "../../cluster/daemon.ts";
import { errorFrame, FaultProxy, isWatch, refuseWith, watchEnding } from "./fault-proxy.ts";

/** The watch state machine against a real API server, which is killed, restarted, compacted and cut off. */

let plane: ControlPlane;
let proxy: FaultProxy;
let direct: KubeClient;
let reflector: Reflector<string>;
let changes: string[];
/** What `isSynced` was at each call of `onSync`. */
let syncs: boolean[];
/** How long the reflector waited before each retry, ms. */
let delays: number[];
/** What the reflector's clock is ahead of the real one. */
let skippedMs: number;

beforeAll(async () => {
  plane = await startControlPlane();
  direct = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
});
afterAll(async () => await plane?.stop());

beforeEach(async () => {
  for (const { metadata } of (await direct.list(CONFIG_MAPS, { namespace: "default" })).items)
    if (metadata.name.startsWith("cm-")) await direct.delete(configMap(metadata.name));
  proxy = await FaultProxy.start(plane);
  changes = [];
  syncs = [];
  delays = [];
  skippedMs = 0;
  reflector = new Reflector({
    client: new KubeClient(connect({ kubeconfig: proxy.kubeconfig })),
    type: CONFIG_MAPS,
    namespace: "default",
    log: pino({}, { write: (line: string) => void delays.push(...delayOf(line)) }),
    project: (object) => {
      const value = (object.data as Record<string, string> | undefined)?.value ?? "";
      if (value === "unreadable") throw new Error("a value that the projection cannot read");
      return value;
    },
    onSync: () => syncs.push(reflector.isSynced),
    staleAfterMs: 1500,
    now: () => performance.now() + skippedMs,
    onChange: (key) => {
      changes.push(key);
      if (key.endsWith("cm-bad-handler")) throw new Error("a handler that throws");
    },
  });
});
afterEach(async () => {
  await reflector.stop();
  await proxy[Symbol.asyncDispose]();
});

it("lists, then follows what is added, changed and deleted", async () => {
  await put("cm-a", "1");
  await start();
  expect(reflector.get("default/cm-a")).toBe("1");
  await put("cm-a", "2");
  await put("cm-b", "1");
  await seen("cm-a", "2");
  await seen("cm-b", "1");
  await direct.delete(configMap("cm-a"));
  await seen("cm-a", undefined);
  expect(watches()[0]).toContain("allowWatchBookmarks=true");
});

it("reads a list in pages", async () => {
  const names = Array.from({ length: 520 }, (_, i) => `cm-page-${i}`);
  for (let i = 0; i < names.length; i += 20)
    await Promise.all(names.slice(i, i + 20).map((name) => put(name, "1")));
  await start();
  expect(names.filter((name) => reflector.get(`default/${name}`) !== "1")).toEqual([]);
  expect(lists().length).toBe(2);
});

it("reports as gone what only a list that was cut off had, so that its owner keeps no account of it", async () => {
  const names = Array.from({ length: 101 }, (_, i) => `cm-page-${i}`);
  await Promise.all(names.map((name) => put(name, "1")));
  let isCutOff = false;
  const accounts = new Set<string>();
  const before = async ({ query }: RequestInfo) => {
    if (query?.continue === undefined || isCutOff) return;
    isCutOff = true;
    await Promise.all(names.map((name) => direct.delete(configMap(name))));
    throw new Error("cut off");
  };
  reflector = new Reflector({
    client: new KubeClient(connect({ kubeconfig: proxy.kubeconfig }), { before }),
    ...{ type: CONFIG_MAPS, namespace: "default", log: pino({ level: "silent" }) },
    project: ({ metadata: { name } }) => {
      accounts.add(`default/${name}`);
      return name;
    },
    onChange: (key, kept) => {
      if (kept === undefined) accounts.delete(key);
    },
  });
  await start();
  expect(isCutOff).toBe(true);
  expect([...accounts].filter((key) => reflector.get(key) === undefined)).toEqual([]);
});

it("lists again when its owner needs what it did not keep, and goes on from there", async () => {
  let [isFull, needsList] = [true, false];
  await put("cm-a", "1");
  reflector = new Reflector({
    client: new KubeClient(connect({ kubeconfig: proxy.kubeconfig })),
    ...{ type: CONFIG_MAPS, namespace: "default", log: pino({ level: "silent" }) },
    project: (object) => (isFull ? "unread" : ((object.data as Record<string, string>)?.value ?? "")),
    onChange: (key) => void changes.push(key),
    onSync: () => syncs.push(reflector.isSynced),
    needsList: () => {
      const isNeeded = needsList;
      needsList = false;
      return isNeeded;
    },
  });
  await start();
  expect(reflector.get("default/cm-a")).toBe("unread");
  [isFull, needsList] = [false, true];
  await put("cm-b", "1");
  await seen("cm-a", "1");
  await put("cm-a", "2");
  await seen("cm-a", "2");
  expect(lists()).toHaveLength(2);
  expect(syncs).toEqual([true]);
});

it("goes on after the API server was killed and came back", async () => {
  await put("cm-a", "1");
  await start();
  await plane.apiserver.kill();
  await sleep(300);
  await plane.apiserver.restart();
  await put("cm-a", "2");
  await seen("cm-a", "2");
});

it("lists anew when its place in history was compacted away, and tells what was deleted meanwhile", async () => {
  await put("cm-gone", "1");
  await put("cm-kept", "1");
  await start();
  proxy.fault = (_request, response) => Boolean(response.destroy());
  proxy.reset();
  await direct.delete(configMap("cm-gone"));
  await put("cm-kept", "2");
  await plane.expireHistory();
  await plane.apiserver.restart();
  const listsBefore = lists().length;
  changes = [];
  proxy.fault = undefined;
  await seen("cm-gone", undefined);
  await seen("cm-kept", "2");
  expect(changes).toContain("default/cm-gone");
  expect(lists().length).toBeGreaterThan(listsBefore);
});

it("lists once more after 410 in the stream, and waits when 410 follows 410", async () => {
  await start();
  const before = lists().length;
  proxy.fault = (request, response) => isWatch(request) && watchEnding(response, errorFrame(410, "Expired"));
  proxy.reset();
  await sleep(2000);
  expect(lists().length - before).toBeLessThan(10);
  await waitUntil("a second list", () => lists().length - before >= 2);
  proxy.fault = undefined;
  await put("cm-a", "1");
  await seen("cm-a", "1");
});

it("does not ask in a circle where each watch is ended at once", async () => {
  await start();
  const before = watches().length;
  proxy.fault = (request, response) => isWatch(request) && watchEnding(response);
  proxy.reset();
  await sleep(2000);
  expect(watches().length - before).toBeLessThan(10);
  proxy.fault = undefined;
  await put("cm-a", "1");
  await seen("cm-a", "1");
});

it("lists again if a watch from where it was always has a line that cannot be parsed, after a pause", async () => {
  await put("cm-a", "1");
  await start();
  const placeOf = (line = "") => /resourceVersion=(\d+)/.exec(line)?.[1];
  await waitUntil("the watch", async () => watches().length > 0);
  await put("cm-a", "2");
  await seen("cm-a", "2");
  proxy.reset();
  await waitUntil("another watch", async () => watches().length > 1);
  const poisoned = placeOf(watches().at(-1));
  proxy.fault = (request, response) => {
    if (!isWatch(request) || placeOf(request.url) !== poisoned) return false;
    response.writeHead(200, { "content-type": "application/json" }).end('{"type":"MODIFIED","object":\n');
    return true;
  };
  const before = lists().length;
  proxy.reset();
  await put("cm-a", "3");
  await seen("cm-a", "3");
  expect(lists().length).toBe(before + 1);
  expect(delays.length).toBeGreaterThan(0);
});

it("goes on after a frame cut in half, an error in the stream and 503", async () => {
  await start();
  const faults = [
    (response: Parameters<typeof watchEnding>[0]) => {
      response.writeHead(200);
      response.write('{"type":"ADDED","object":{"metadata":{"name":"cm-half"', () => response.destroy());
      return true;
    },
    (response: Parameters<typeof watchEnding>[0]) => watchEnding(response, errorFrame(500, "InternalError")),
    (response: Parameters<typeof watchEnding>[0]) => Boolean(response.writeHead(503).end("no")),
  ];
  proxy.fault = (request, response) => (isWatch(request) ? (faults.shift()?.(response) ?? false) : false);
  const listsBefore = lists().length;
  proxy.reset();
  await put("cm-a", "1");
  await seen("cm-a", "1");
  expect(faults).toEqual([]);
  expect(reflector.get("default/cm-half")).toBeUndefined();
  expect(lists().length).toBe(listsBefore); // it goes on from where it was
});

it("retries soon when a quiet watch that had been open for a while is cut off, however often that was", async () => {
  await start();
  for (let i = 0; i < 8; i++) {
    skippedMs += 15_000; // the copy is stale for so long, until the next watch is open
    proxy.reset();
    await waitUntil("the next watch", () => reflector.staleSeconds < 10);
  }
  expect(delays.length).toBeGreaterThanOrEqual(8);
  expect(Math.max(...delays)).toBeLessThanOrEqual(200);
});

it("opens a watch on which neither an event nor a bookmark comes again from where it was, and lists nothing", async () => {
  await put("cm-a", "1");
  reflector = new Reflector({
    client: new KubeClient(connect({ kubeconfig: proxy.kubeconfig })),
    ...{ type: CONFIG_MAPS, namespace: "default", log: pino({ level: "silent" }), silenceMs: 1000 },
    project: (object) => (object.data as Record<string, string> | undefined)?.value ?? "",
    onChange: (key) => void changes.push(key),
  });
  await start();
  await waitUntil("the watch to be opened again", async () => watches().length >= 4);
  const versions = watches().map((line) => /resourceVersion=(\d+)/.exec(line)?.[1]);
  expect(new Set(versions).size).toBe(1);
  expect(lists()).toHaveLength(1);
  expect(changes).toEqual(["default/cm-a"]);
  await put("cm-a", "2");
  await seen("cm-a", "2");
  expect(lists()).toHaveLength(1);
});

it("waits as long as Retry-After says", async () => {
  await start();
  const asked: number[] = [];
  proxy.fault = (request, response) => {
    if (!isWatch(request)) return false;
    asked.push(performance.now());
    if (asked.length > 1) return false;
    response.writeHead(429, { "retry-after": "2" }).end("{}");
    return true;
  };
  proxy.reset();
  await waitUntil("a second watch", async () => asked.length > 1);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1990);
});

it("survives a handler that throws and an object that cannot be read", async () => {
  await start();
  await put("cm-bad-handler", "1");
  await put("cm-bad-value", "unreadable");
  await put("cm-good", "1");
  await seen("cm-good", "1");
  await seen("cm-bad-handler", "1");
  expect(reflector.get("default/cm-bad-value")).toBeUndefined();
  expect(watches().length).toBe(1);
});

it("opens nothing more once it is stopped during its first list", async () => {
  let release = () => {};
  proxy.fault = (_request, response) => {
    release = () => void response.destroy();
    return true; // never answered
  };
  reflector.start();
  await waitUntil("the list to be asked for", async () => lists().length > 0);
  await reflector.stop();
  release();
  proxy.fault = undefined;
  await sleep(300);
  expect(proxy.requests.length).toBe(1);
  expect(reflector.size).toBe(0);
});

it("grows silent while the API server hangs, for the liveness check to see", async () => {
  await start();
  plane.apiserver.suspend();
  try {
    await waitUntil("silence", () => reflector.silenceSeconds > 1.2);
  } finally {
    plane.apiserver.resume();
  }
  const changed = performance.now();
  await put("cm-a", "1");
  await seen("cm-a", "1");
  // Measured first: the silence began when the change came.
  const { silenceSeconds } = reflector;
  expect(silenceSeconds).toBeLessThan((performance.now() - changed) / 1000);
});

it("waits for a list that takes long, and rejects what waits for less", async () => {
  await put("cm-a", "1");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  proxy.fault = async (request) => {
    if (!isWatch(request)) await released;
    return false;
  };
  reflector.start();
  await expect(reflector.whenSynced(undefined, 300)).rejects.toMatchObject({
    code: "NOT_SYNCED",
    reason: "TimedOut",
    resource: "configmaps in default",
    message: "configmaps in default: not listed yet",
  });
  expect(reflector.isSynced).toBe(false);
  release();
  await reflector.whenSynced();
  expect(reflector.get("default/cm-a")).toBe("1");
  expect(syncs).toEqual([true]);
});

it("rejects at once, in the server's words, what it would wait for in vain, and goes on when it is allowed", async () => {
  const words = 'configmaps is forbidden: User "x" cannot list resource "configmaps"';
  proxy.fault = (_request, response) => refuseWith(response, 403, "Forbidden", words);
  reflector.start();
  const patient = reflector.whenSynced();
  const asked = performance.now();
  await expect(reflector.whenSynced(undefined, 60_000)).rejects.toMatchObject({
    reason: "Rejected",
    message: `configmaps in default: forbidden: ${words}`,
  });
  expect(performance.now() - asked).toBeLessThan(30_000);
  expect(reflector.rejection?.message).toContain("forbidden");
  proxy.fault = undefined;
  await patient;
  expect(reflector.rejection).toBeUndefined();
  expect(syncs).toEqual([false, true]);
});

it("names the last answer where it waits for what may pass", async () => {
  proxy.fault = (_request, response) => refuseWith(response, 503, "ServiceUnavailable", "try later");
  reflector.start();
  await expect(reflector.whenSynced(undefined, 700)).rejects.toMatchObject({
    reason: "TimedOut",
    message: "configmaps in default: not listed yet: try later",
  });
});

it("never says that it is synced once it is stopped, or the wait is aborted", async () => {
  proxy.fault = () => new Promise(() => {}); // never answered
  reflector.start();
  const aborting = new AbortController();
  const aborted = expect(reflector.whenSynced(aborting.signal)).rejects.toMatchObject({ reason: "Aborted" });
  const stopped = expect(reflector.whenSynced()).rejects.toMatchObject({ reason: "Stopped" });
  aborting.abort();
  await aborted;
  await reflector.stop();
  await stopped;
  await expect(reflector.whenSynced()).rejects.toMatchObject({ reason: "Stopped" });
  expect(reflector.isSynced).toBe(false);
});

it("lists again after a list that was cut off in the middle, and takes nothing from it", async () => {
  await put("cm-a", "1");
  await put("cm-b", "1");
  let lists = 0;
  proxy.fault = (request) => (!isWatch(request) && lists++ < 2 ? { cutAfterBytes: 200 } : false);
  reflector.start();
  await reflector.whenSynced();
  expect(lists).toBe(3);
  expect([reflector.get("default/cm-a"), reflector.get("default/cm-b")]).toEqual(["1", "1"]);
});

it("calls a copy unknown whose watch is rejected for a while, though it was listed, and known again after that", async () => {
  const began = performance.now();
  await start();
  const { staleSeconds } = reflector;
  expect(staleSeconds).toBeLessThan((performance.now() - began) / 1000); // from its list on
  proxy.fault = (_request, response) => refuseWith(response, 403, "Forbidden", "you may not watch");
  proxy.reset();
  await waitUntil("the copy to be unknown", () => !reflector.isSynced);
  expect(reflector.staleSeconds).toBeGreaterThanOrEqual(1.5);
  await expect(reflector.whenSynced(undefined, 1000)).rejects.toMatchObject({
    reason: "Rejected",
    message: "configmaps in default: forbidden: you may not watch",
  });
  proxy.fault = undefined;
  await reflector.whenSynced();
  expect(reflector.staleSeconds).toBeLessThan(30);
  expect(syncs).toEqual([true, false, true]);
});

it("keeps what it knows through an outage, in which no server answers", async () => {
  await start();
  proxy.fault = (_request, response) => Boolean(response.destroy());
  proxy.reset();
  await sleep(2500);
  expect(reflector.isSynced).toBe(true);
  expect(reflector.staleSeconds).toBeGreaterThanOrEqual(2);
});

it("is not stale before it is started", async () => {
  await sleep(50);
  expect(reflector.staleSeconds).toBe(0);
});

function delayOf(line: string): number[] {
  const { waitMs } = JSON.parse(line) as { waitMs?: number };
  return waitMs === undefined ? [] : [waitMs];
}

async function start(): Promise<void> {
  reflector.start();
  await reflector.whenSynced();
  await waitUntil("the watch to be asked for", async () => watches().length > 0);
}

async function seen(name: string, value: string | undefined): Promise<void> {
  await waitUntil(`${name} to be ${value}`, async () => reflector.get(`default/${name}`) === value);
}

function lists(): string[] {
  return proxy.requests.filter((line) => !line.includes("watch=true"));
}

function watches(): string[] {
  return proxy.requests.filter((line) => line.includes("watch=true"));
}

function configMap(name: string) {
  return { type: CONFIG_MAPS, namespace: "default", name };
}

async function put(name: string, value: string): Promise<void> {
  const object: ApiObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { value },
  };
  await direct.apply(configMap(name), object, { fieldManager: "test", force: true });
}
