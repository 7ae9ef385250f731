/**
 * 5,000 pods of 50 simulated nodes, as plain API objects: all are counted right, what a pod costs in memory is
 * said, and a restarted operator writes nothing.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ReportStatus } from "../../src/crds/network-attachment-report/report.ts";
import { StoredCopies } from "../bench/stored-copies.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { RunningController, World } from "./networks/world.ts";

const PODS = 5000;
const NODES = 50;
const NADS = 5;
/** Requests at a time: half of what the API server takes at once. */
const AT_ONCE = 100;
/** Bytes of heap; what is kept of a pod is meant to be hundreds. */
const MAX_PER_POD = 2000;

const FATES = ["attached", "bypassed", "failed", "pending"] as const;
type Fate = (typeof FATES)[number];
/** What the pod of this number is to become: of 20, 14 are attached, 2 each bypassed, failed and pending. */
const fateOf = (n: number): Fate => {
  const turn = Math.floor(n / NADS) % 20;
  if (turn < 14) return "attached";
  return turn < 16 ? "bypassed" : turn < 18 ? "failed" : "pending";
};
const nadOf = (n: number) => `net-${n % NADS}`;
const expected = {
  requesting: 1000,
  attached: 700,
  bypassed: 100,
  failed: 100,
  pending: 100,
  partial: 0,
  restartNeeded: 0,
  forbidden: 0,
  unverified: 0,
};

let plane: ControlPlane;
let world: World;
let controller: RunningController;

beforeAll(async () => {
  plane = await startControlPlane();
  world = new World(plane.kubeconfig);
  await world.installOwnDefinitions();
  await world.installNetworkDefinition();
  await world.serviceAccount("default");
  for (let n = 0; n < NADS; n++)
    await world.nad(`net-${n}`, {
      cniVersion: "0.3.1",
      type: "macvlan",
      master: `eth${n}`,
      ipam: { type: "whereabouts", range: `10.${n}.0.0/16` },
    });
  for (const fate of FATES) await fill(fate);
}, 300_000);

afterAll(async () => {
  await controller?.stop();
  await world?.connection.close();
  await plane?.stop();
});

/** What differs between two pods of the same fate, in the template and in the pod of this number. */
const TEMPLATE = {
  name: "pod-9999",
  network: "net-9",
  node: "node-99",
  ip: "10.9.200.200",
  mac: "02:01:00:00:ff:ff",
};
const digits = (n: number, length: number) => String(n).padStart(length, "0");
function placeOf(n: number): typeof TEMPLATE {
  const nth = Math.floor(n / NADS);
  const hex = digits(n, 4);
  return {
    name: `pod-${digits(n, 4)}`,
    network: nadOf(n),
    node: `node-${digits(n % NODES, 2)}`,
    ip: `10.${n % NADS}.${100 + Math.floor(nth / 100)}.${100 + (nth % 100)}`,
    mac: `02:01:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`,
  };
}

/**
 * The pods of one fate, and the events of those that failed. The API server stores one, of which the others are copied in
 * etcd: by its requests they take 25 s of CPU time.
 */
async function fill(fate: Fate): Promise<void> {
  const { name, network, node, ip, mac } = TEMPLATE;
  const status = [
    {
      name: "cluster",
      interface: "eth0",
      ips: ["10.244.0.9"],
      mac: "02:00:00:00:00:01",
      default: true,
      dns: {},
    },
    { name: `default/${network}`, interface: "net1", ips: [ip], mac, dns: {}, gateway: ["<nil>"] },
  ];
  const pod = await world.pod(name, {
    networks: network,
    node,
    phase: fate === "bypassed" ? "Running" : "Pending",
    ...(fate === "attached" ? { status } : {}),
  });
  const stored = [{ key: `pods/default/${name}`, uid: pod.metadata.uid ?? "" }];
  if (fate === "failed") {
    const { metadata } = await world.sandboxFailure(
      pod,
      `plugin type="multus" name="m" failed (add): [default/${name}/1:${network}]: error adding container to network "${network}": Link not found`,
    );
    stored.push({ key: `events/default/${metadata.name}`, uid: metadata.uid ?? "" });
  }
  const templates = await Promise.all(
    stored.map(async ({ key }) => await StoredCopies.of(plane.etcd, `/registry/${key}`)),
  );
  await world.removePod(name);
  const numbers = Array.from({ length: PODS }, (_, n) => n).filter((n) => fateOf(n) === fate);
  const copies = numbers.map((n) => {
    const place = placeOf(n);
    return [
      ...Object.entries(TEMPLATE).map(([what, text]) => [text, place[what as keyof typeof place]] as const),
      ...stored.map(({ uid }) => [uid, uid.slice(0, -12) + digits(n, 12)] as const),
    ];
  });
  for (const template of templates) await template.fill(copies);
}

it("counts all of them right", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  controller = new RunningController(plane.kubeconfig);
  const before = heap();
  const started = performance.now();
  await controller.start();
  const synced = performance.now() - started;
  const reports = await Promise.all(
    Array.from({ length: NADS }, (_, n) =>
      world.reportWhere(`net-${n}`, ({ pods }) => pods?.requesting === PODS / NADS),
    ),
  );
  const told = performance.now() - started;
  for (const { status } of reports) {
    expect(status.pods).toEqual(expected);
    expect(status.samples).toHaveLength(100);
    expect(status.ranges?.[0]?.used).toBe(700);
    expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThanOrEqual(32_768);
  }
  await waitUntil("the summary", () => Promise.resolve(controller.summary.get() !== undefined));
  const summary = controller.summary.get();
  expect(summary?.pods.requesting).toBe(PODS);
  expect(summary?.pods.counts).toMatchObject({ attached: 3500, bypassed: 500, failed: 500, pending: 500 });
  expect(summary?.duplicateAddresses).toBe(0);
  const perPod = Math.round((heap() - before) / PODS);
  console.info(
    `${PODS} pods listed in ${Math.round(synced)} ms, reported in ${Math.round(told)} ms; ${perPod} bytes of heap a pod`,
  );
  expect(perPod).toBeLessThan(MAX_PER_POD);
});

it("follows a thousand changes with few writes", async () => {
  const before = controller.writes.filter(({ path }) => path.endsWith("/status")).length;
  const bypassed = Array.from({ length: PODS }, (_, n) => n).filter((n) => fateOf(n) === "bypassed");
  const started = performance.now();
  for (let i = 0; i < bypassed.length; i += AT_ONCE)
    await Promise.all(bypassed.slice(i, i + AT_ONCE).map((n) => world.removePod(placeOf(n).name)));
  for (let n = 0; n < NADS; n++) await world.reportWhere(`net-${n}`, ({ pods }) => pods?.bypassed === 0);
  const seconds = (performance.now() - started) / 1000;
  const writes = controller.writes.filter(({ path }) => path.endsWith("/status")).length - before;
  // Two a second for each report, and what the last look adds.
  expect(writes).toBeLessThanOrEqual(NADS * (2 * Math.ceil(seconds) + 3));
});

it("a restarted one says the same, and writes no report", async () => {
  const summary = controller.summary.get();
  await controller.stop();
  controller = new RunningController(plane.kubeconfig);
  await controller.start();
  await waitUntil("the summary", () => Promise.resolve(controller.summary.get() !== undefined));
  const counts = (status: ReportStatus | undefined) => status?.pods;
  expect(controller.summary.get()?.pods.counts).toEqual({ ...summary?.pods.counts, bypassed: 0 });
  expect(counts(await world.report("net-0"))).toEqual({ ...expected, requesting: 900, bypassed: 0 });
  expect(controller.writes.filter(({ path }) => path.includes("networkattachmentreports"))).toEqual([]);
});
