import { afterEach, expect, it, vi } from "vitest";
import type { FailureView } from "../../networks/outcome/sandbox-event.ts";
import type { TokenRejection } from "../shared/node-inspections.ts";
import { type RejectedPod, TokenRejections } from "./token-rejections.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const event = (change: Partial<FailureView> = {}): FailureView => ({
  byMultus: true,
  message: "error getting pod: Unauthorized",
  uid: "uid-1",
  pod: "shop/web",
  node: "node-1",
  at: "2026-11-24T11:59:00Z",
  ...change,
});

const started: TokenRejections[] = [];
afterEach(() => {
  for (const store of started.splice(0)) store.stop();
  vi.useRealTimers();
});

function rejections(pods: Record<string, RejectedPod> = { "shop/web": { uid: "uid-1", node: "node-1" } }) {
  const published: [string, TokenRejection | undefined][] = [];
  const errors: unknown[] = [];
  const read: string[] = [];
  const clock = { skew: 0, passed: 0 };
  const store = new TokenRejections({
    pod: async (namespace, name) => {
      read.push(name);
      if (name === "unreadable") throw new Error("forbidden");
      return pods[`${namespace}/${name}`];
    },
    hasNode: (name) => (name === "unknown" ? undefined : /^node-\d+$/.test(name)),
    now: () => NOW + clock.skew + clock.passed,
    monotonic: () => clock.passed,
    onChange: (node, rejection) => published.push([node, rejection]),
    onError: (error) => errors.push(error),
  });
  started.push(store);
  return { store, published, errors, clock, read };
}

it("counts an event of a pod that exists on that node, until the event is gone", async () => {
  const { store, published } = rejections();
  await store.set("e", event(), true);
  await store.set("e", undefined, true);
  expect(published).toEqual([
    ["node-1", { at: Date.parse("2026-11-24T11:59:00Z"), seenAt: 0 }],
    ["node-1", undefined],
  ]);
});

it("does not count an event that is gone before its pod was read", async () => {
  const { store, published } = rejections();
  const read = store.set("e", event(), true);
  await store.set("e", undefined, true);
  await read;
  expect(published).toEqual([]);
});

it("reads no pod for a node that does not exist, and only ten at a time whatever the events' nodes are", async () => {
  const { store, read } = rejections();
  await store.set("invented", event({ node: "invented" }), true);
  expect(read).toEqual([]);
  // Not listed yet: it may exist.
  await store.set("unknown", event({ node: "unknown" }), true);
  expect(read).toHaveLength(1);
  const many = Array.from({ length: 30 }, (_, i) => store.set(`e${i}`, event({ node: `node-${i}` }), true));
  expect(read).toHaveLength(11);
  await Promise.all(many);
  await store.set("later", event({ node: "node-29" }), true);
  expect(read).toHaveLength(12);
});

it.each<[string, Partial<FailureView>]>([
  ["of a pod that does not exist", { pod: "shop/none" }],
  ["of an earlier pod of that name", { uid: "uid-0" }],
  ["of a pod on another node", { node: "node-2" }],
  ["from the future", { at: "2099-01-01T00:00:00Z" }],
  ["without a time", { at: "" }],
  ["of a plugin's own credentials", { network: "lan" }],
  ["of a pod that cannot be read", { pod: "shop/unreadable" }],
])("does not count an event %s", async (_, change) => {
  const { store, published } = rejections();
  await store.set("e", event(change), true);
  expect(published).toEqual([]);
});

it.each([-3_600_000, 0, 3_600_000])(
  "takes an event that has come for new, with its kubelet's own time, by a clock that differs by %i ms",
  async (skew) => {
    const { store, published, clock } = rejections();
    Object.assign(clock, { skew, passed: 5000 });
    await store.set("e", event(), true);
    clock.passed = 9000;
    await store.set("e", event(), false); // listed again
    const rejection = { at: Date.parse("2026-11-24T11:59:00Z"), seenAt: 5000 };
    expect(published).toEqual([
      ["node-1", rejection],
      ["node-1", rejection],
    ]);
  },
);

it("takes an event of the first list for as old as its time shows", async () => {
  const { store, published } = rejections();
  await store.set("e", event(), false);
  expect(published[0]?.[1]?.seenAt).toBe(-60_000);
});

it("lets no event with a forged time hide another", async () => {
  const { store, published, clock } = rejections();
  await store.set("forged", event({ at: "2026-11-24T23:00:00Z" }), true);
  clock.passed = 301_000;
  await store.set("e", event({ at: "2026-11-24T12:05:01Z" }), true);
  await store.set("old", event({ at: "2026-11-24T10:00:00Z" }), true);
  expect(published.at(-1)?.[1]).toEqual({ at: Date.parse("2026-11-24T12:05:01Z"), seenAt: 301_000 });
});

const startedAt = (time: string): RejectedPod => ({
  uid: "uid-1",
  node: "node-1",
  startedAt: Date.parse(`2026-11-24T${time}Z`),
});

it("ends when a rejected pod runs in networks that Multus reported since, and begins again with the next rejection", async () => {
  vi.useFakeTimers();
  const pods: Record<string, RejectedPod> = { "shop/web": { uid: "uid-1", node: "node-1" } };
  const { store, published } = rejections(pods);
  await store.set("e", event(), true);
  await store.set("other", event({ node: "node-2" }), true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(published).toHaveLength(1);
  pods["shop/web"] = startedAt("11:59:01");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(published.slice(1)).toEqual([["node-1", undefined]]);
  // The same event is listed again: it is still from before.
  await store.set("e", event(), false);
  expect(published.at(-1)).toEqual(["node-1", undefined]);
  await store.set("e", event({ at: "2026-11-24T11:59:05Z" }), true);
  expect(published.at(-1)).toEqual(["node-1", { at: Date.parse("2026-11-24T11:59:05Z"), seenAt: 0 }]);
  expect(vi.getTimerCount()).toBe(1);
  store.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it.each<[string, RejectedPod]>([
  ["a container from before", startedAt("11:58:59")],
  ["a container of the same second", startedAt("11:59:00")],
  ["another pod of that name", { ...startedAt("11:59:30"), uid: "uid-2" }],
  ["a pod that is on another node by now", { ...startedAt("11:59:30"), node: "node-2" }],
  ["a pod without networks that Multus reported", { uid: "uid-1", node: "node-1", startedAt: undefined }],
])("is not ended by %s", async (_, pod) => {
  const pods: Record<string, RejectedPod> = { "shop/web": { uid: "uid-1", node: "node-1" } };
  const { store, published } = rejections(pods);
  await store.set("e", event(), true);
  pods["shop/web"] = pod;
  await store.recheck();
  expect(published.map(([, rejection]) => rejection === undefined)).not.toContain(true);
});

it("reads the pods of a hundred nodes in a round, of each node in its turn, and none once the rejections are old", async () => {
  const pods = Object.fromEntries(
    Array.from({ length: 150 }, (_, i) => [`shop/p${i}`, { uid: `${i}`, node: `node-${i}` }]),
  );
  const { store, read, clock } = rejections(pods);
  for (let i = 0; i < 150; i++)
    await store.set(`e${i}`, event({ node: `node-${i}`, pod: `shop/p${i}`, uid: `${i}` }), true);
  read.length = 0;
  await store.recheck();
  expect(new Set(read).size).toBe(100);
  await store.recheck();
  expect(read).toHaveLength(200);
  expect(new Set(read).size).toBe(150);
  clock.passed = 301_000;
  await store.recheck();
  expect(read).toHaveLength(200);
});
