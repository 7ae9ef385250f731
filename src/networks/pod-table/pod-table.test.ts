import fc from "fast-check";
import { expect, test } from "vitest";
import { UNREAD } from "../pod-request/unread.ts";
import type { PodView } from "../pod-view/pod-view.ts";
import { PodViews } from "../pod-view/pod-views.ts";
import { ByteArena } from "./byte-arena.ts";
import { PodTable } from "./pod-table.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const STATUS = "k8s.v1.cni.cncf.io/network-status";

const uuid = fc.uuid();
const seed = fc.record({
  n: fc.nat(40),
  uid: fc.oneof(uuid, fc.constantFrom("", "u", "ü".repeat(9), "ABCDEF00-0000-0000-0000-000000000000")),
  phase: fc.constantFrom("Pending", "Running", "Succeeded", "Failed", "Unknown"),
  nodeName: fc.constantFrom("", "n1", "n2", "knoten-ß"),
  hostNetwork: fc.boolean(),
  podIP: fc.constantFrom("", "10.0.0.1"),
  terminating: fc.boolean(),
  asked: fc.constantFrom("net", "net,other", "a/b@eth1", "{", "x".repeat(20_000)),
  reported: fc.constantFrom(
    undefined,
    "[]",
    "{",
    JSON.stringify([{ name: "apps/net", interface: "net1", ips: ["10.0.0.5"], mac: "02:00:00:00:00:01" }]),
    JSON.stringify([{ name: "Ünïcode 🚀", ips: Array.from({ length: 300 }, () => "fd00::5") }]),
  ),
  startedAt: fc.constantFrom(undefined, "2026-11-24T11:00:00Z", "2026-11-24T11:00:01.5Z"),
});
type Seed = typeof seed extends fc.Arbitrary<infer S> ? S : never;

const keyOf = ({ n }: Pick<Seed, "n">) => `ns-${n % 3}/pod-${n}`;
const objectOf = (from: Seed) => {
  const [namespace, name] = keyOf(from).split("/");
  const state = { state: { running: { startedAt: from.startedAt } } };
  return {
    metadata: {
      ...{ namespace, name, uid: from.uid },
      ...(from.terminating ? { deletionTimestamp: "2026-11-24T11:00:00Z" } : {}),
      annotations: {
        [NETWORKS]: from.asked,
        ...(from.reported === undefined ? {} : { [STATUS]: from.reported }),
      },
    },
    spec: { nodeName: from.nodeName, hostNetwork: from.hostNetwork, containers: [] },
    status: {
      ...{ phase: from.phase, podIP: from.podIP },
      ...(from.startedAt ? { containerStatuses: [state] } : {}),
    },
  };
};

test("what pods ask for is read again by another rule", () => {
  const views = new PodViews();
  const table = new PodTable((asked, namespace) => views.request(asked, namespace));
  const annotations = { "v1.multus-cni.io/default-network": "first" };
  const metadata = { namespace: "apps", name: "web", uid: "u", annotations };
  table.set("apps/web", views.keep({ metadata, spec: { containers: [] }, status: {} }) as PodView);
  const slot = table.slotOf("apps/web");
  expect(table.networks(slot)).toEqual(["kube-system/first"]);
  views.multusNamespace = "multus";
  table.reread();
  expect(table.networks(slot)).toEqual(["multus/first"]);
  expect(table.view(slot).request).toMatchObject({ requests: [{ namespace: "multus", name: "first" }] });
});

function start() {
  const views = new PodViews();
  const table = new PodTable((annotation, namespace) => views.request(annotation, namespace));
  const view = (from: Seed) => views.keep(objectOf(from)) as PodView;
  return { table, view };
}

const step = fc.oneof(
  { weight: 4, arbitrary: seed.map((set) => ({ set })) },
  { weight: 1, arbitrary: fc.nat(40).map((gone) => ({ gone })) },
  { weight: 1, arbitrary: fc.array(seed, { maxLength: 20 }).map((list) => ({ list })) },
);

test("holds what a Map holds, whatever is set, deleted and listed, and its observer sees what has changed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { table, view } = start();
      const model = new Map<string, PodView>();
      const observed = new Set<string>();
      let entered = 0;
      let gone: string[] = [];
      let replaced: string[] = [];
      table.observe({
        leaves: (slot) => void observed.delete(table.key(slot)),
        enters: (slot) => {
          observed.add(table.key(slot));
          entered++;
        },
        replaced: (_, pod) => {
          expect(observed.has(pod)).toBe(false);
          replaced.push(pod);
        },
        gone: (_, pod) => {
          expect(observed.has(pod)).toBe(false);
          gone.push(pod);
        },
      });
      for (const each of steps) {
        entered = 0;
        gone = [];
        replaced = [];
        if ("set" in each) {
          const key = keyOf(each.set);
          const kept = view(each.set);
          const same = model.has(key) && JSON.stringify(model.get(key)) === JSON.stringify(kept);
          const before = model.get(key);
          table.set(key, kept);
          expect(replaced).toEqual(before && before.uid !== kept.uid ? [key] : []);
          expect(entered).toBe(same ? 0 : 1);
          model.set(key, kept);
        } else if ("gone" in each) {
          const key = keyOf({ n: each.gone });
          table.delete(key);
          expect(gone).toEqual(model.delete(key) ? [key] : []);
        } else {
          const filling = table.filling();
          for (const from of each.list) filling.add(keyOf(from), view(from));
          const last = new Map(each.list.map((from) => [keyOf(from), view(from)]));
          expect(gone).toEqual([]);
          filling.end();
          expect(gone.toSorted()).toEqual([...model.keys()].filter((key) => !last.has(key)).toSorted());
          model.clear();
          for (const [key, kept] of last) model.set(key, kept);
        }
      }
      const sorted = (entries: Iterable<[string, PodView]>) =>
        [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      expect(sorted(table.entries())).toEqual(sorted(model));
      expect([...observed].toSorted()).toEqual([...model.keys()].toSorted());
      expect(table.size).toBe(model.size);
    }),
    { numRuns: 200 },
  );
});

test("a list that is cut off changes what it had, and takes nothing away", () => {
  const { table, view } = start();
  const from = (n: number): Seed => ({
    ...{ n, uid: "u", phase: "Running", nodeName: "n1", hostNetwork: false, podIP: "", terminating: false },
    ...{ asked: "net", reported: undefined, startedAt: undefined },
  });
  for (const n of [1, 2]) table.set(keyOf({ n }), view(from(n)));
  table.filling().add(keyOf({ n: 3 }), view(from(3)));
  expect(table.size).toBe(3);
  const filling = table.filling();
  filling.add(keyOf({ n: 2 }), view(from(2)));
  const gone: string[] = [];
  const ignore = () => {};
  table.observe({
    ...{ leaves: ignore, enters: ignore, replaced: ignore },
    gone: (_, pod) => void gone.push(pod),
  });
  filling.end();
  expect(gone.toSorted()).toEqual(["ns-0/pod-3", "ns-1/pod-1"]);
});

test.each(["request too large", "namespace full"] as const)("a request that is not read: %s", (unread) => {
  const { table } = start();
  const view: PodView = {
    ...{ uid: "u", phase: "Running", node: "n1", hostNetwork: false, hasAddress: true, terminating: false },
    ...{ asked: "", request: { ok: false, problem: UNREAD[unread] }, unread },
    reported: UNREAD["namespace full"],
  };
  table.set("apps/p", view);
  expect(table.get("apps/p")).toEqual(view);
  expect(table.networks(table.slotOf("apps/p"))).toEqual([]);
});

test("the longest texts that are read are kept whole", () => {
  const { table } = start();
  const name = "€".repeat(65_000);
  const metadata = {
    namespace: "n".repeat(63),
    name: "p".repeat(253),
    uid: "u".repeat(128),
    annotations: { [NETWORKS]: "net", [STATUS]: JSON.stringify([{ name, ips: ["10.0.0.5"] }]) },
  };
  const kept = new PodViews().keep({ metadata }) as PodView;
  const key = `${metadata.namespace}/${metadata.name}`;
  table.set(key, kept);
  expect(table.get(key)).toEqual(kept);
  expect(kept.reported).toContain(`${name}\t`);
});

test("pods whose statuses change to ever other lengths take a limited number of bytes, and keep what they have", () => {
  const { table } = start();
  const views = new PodViews();
  const key = (n: number) => `hostile/p${n}`;
  const put = (n: number, length: number) => {
    const annotations = {
      [NETWORKS]: "net",
      [STATUS]: JSON.stringify([{ name: `${n}-`.padEnd(length, "x") }]),
    };
    const metadata = { namespace: "hostile", name: `p${n}`, uid: "u", annotations };
    table.set(key(n), views.keep({ metadata }) as PodView);
  };
  for (let length = 12_000; length > 8200; length -= 100) for (let n = 0; n < 200; n++) put(n, length);
  expect(table.bytes).toBeLessThan(12 * 1024 * 1024);
  for (let n = 0; n < 200; n++) expect(table.get(key(n))?.reported).toContain(`${n}-xxx`);
});

test("records that are moved together are still there, whatever was put and freed", () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(150_000, 250_001, 400_000));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ row: fc.nat(30), length }) },
    { weight: 1, arbitrary: fc.constant("compact" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const arena = new ByteArena();
      const [places, lengths] = [new Uint32Array(31), new Uint32Array(31)];
      const kept = new Map<number, Buffer>();
      for (const [n, each] of steps.entries()) {
        if (each === "compact") {
          const before = arena.bytes;
          const order = [...kept.keys()].toSorted((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
          arena.compact(order, places, lengths);
          expect(arena.bytes).toBe(before);
          continue;
        }
        const { row } = each;
        const record = Buffer.alloc(each.length, n + 1);
        if (kept.has(row)) arena.free(places[row] ?? 0, lengths[row] ?? 0);
        places[row] = arena.put(record);
        lengths[row] = record.length;
        kept.set(row, record);
      }
      for (const [row, record] of kept) expect(arena.equals(places[row] ?? 0, record)).toBe(true);
    }),
  );
});

test("the arena uses again what was freed", () => {
  const arena = new ByteArena();
  const places = Array.from({ length: 5000 }, (_, n) => arena.put(Buffer.alloc(100 + (n % 50), n)));
  const { bytes } = arena;
  for (let round = 0; round < 5; round++)
    for (const [n, place] of places.entries()) {
      const length = 100 + (n % 50);
      expect(arena.equals(place, Buffer.alloc(length, n))).toBe(true);
      arena.free(place, length);
      places[n] = arena.put(Buffer.alloc(length, n));
    }
  expect(arena.bytes).toBe(bytes);
  expect(() => arena.put(Buffer.alloc(1_100_000))).toThrow(RangeError);
});
