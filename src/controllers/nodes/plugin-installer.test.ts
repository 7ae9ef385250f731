import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { beforeEach, expect, it } from "vitest";
import type { PluginsRequest } from "../shared/node-tasks.ts";
import { PluginInstaller } from "./plugin-installer.ts";
import type { NodeTask } from "./task-pod.ts";

interface Running {
  task: NodeTask;
  answer: (report?: object) => void;
  fail: (message: string) => void;
}

let running: Running[];
let now: number;
let installed: string[];
let changes: number;
let unreachable: Set<string>;
let installer: PluginInstaller;

beforeEach(() => {
  running = [];
  now = 0;
  installed = [];
  changes = 0;
  unreachable = new Set();
  installer = new PluginInstaller({
    log: pino({ level: "silent" }),
    now: () => now,
    onInstalled: (node) => installed.push(node),
    onChange: () => changes++,
    isReachable: (node) => !unreachable.has(node),
    run: (task) =>
      new Promise((resolve, reject) =>
        running.push({
          task,
          fail: (message) => reject(new Error(message)),
          answer: (report = {}) => {
            const lists = { installed: [], updated: [], kept: [], problems: [] };
            const full = { node: task.node, at: "2026-11-24T12:00:00Z", ...lists, ...report };
            resolve({ message: JSON.stringify(full) });
          },
        }),
      ),
  });
});

const request = (nodes: Record<string, string[]>, reference = "plugins:1"): PluginsRequest => ({
  owner: { name: "multus", uid: "u", namespace: "kube-system", pullSecrets: [] },
  image: { reference, pullPolicy: "IfNotPresent", pullSecrets: [] },
  binDir: "/opt/cni/bin",
  nodes: new Map(Object.entries(nodes)),
});
const LACKS = request({ "node-1": ["macvlan"] });

it("installs what a node lacks, in one pod at a time, and has the node inspected then", async () => {
  installer.step(LACKS);
  installer.step(request({ "node-1": ["bridge", "macvlan"] }));
  expect(running.map(({ task }) => task)).toMatchObject([
    { kind: "plugins", node: "node-1", plugins: ["macvlan"] },
  ]);
  expect([...installer.underWay]).toEqual(["node-1"]);
  expect(installer.progress(LACKS)).toEqual({ pending: 1, failed: [] });
  running[0]?.answer({ installed: ["/opt/cni/bin/macvlan"] });
  await setImmediate();
  expect({ installed, changes }).toEqual({ installed: ["node-1"], changes: 1 });
  expect([...installer.underWay]).toEqual([]);
  // What was asked for meanwhile is another thing, and does not wait.
  installer.step(request({ "node-1": ["bridge"] }));
  expect(running).toHaveLength(2);
});

it("reports why it failed, tries again later each time, and keeps the reason until it succeeds", async () => {
  const path = "/opt/cni/bin/macvlan";
  const starts: number[] = [];
  for (; starts.length < 9 && now < 7_200_000; now += 1000) {
    const count = running.length;
    installer.step(LACKS);
    if (running.length === count) continue;
    starts.push(now / 1000);
    running.at(-1)?.answer({ problems: [{ path, reason: "the node's disk is full" }] });
    await setImmediate();
    expect(installer.progress(LACKS).failed).toEqual([
      { node: "node-1", message: `${path}: the node's disk is full` },
    ]);
  }
  const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600]);
  expect(installed).toEqual([]);
  expect(installer.progress(LACKS)).toMatchObject({ pending: 0, againSeconds: 599 });
  now += 600_000;
  installer.step(LACKS);
  expect(installer.progress(LACKS).failed).toHaveLength(1);
  running.at(-1)?.answer({ installed: [path] });
  await setImmediate();
  expect(installer.progress(LACKS).failed).toEqual([]);
});

it("waits longer each time, too, for a program that something removes again and again", async () => {
  let count = 0;
  for (now = 0; now < 3_600_000; now += 1000) {
    installer.step(LACKS);
    if (running.length === count) continue;
    count = running.length;
    running.at(-1)?.answer({ installed: ["/opt/cni/bin/macvlan"] });
    await setImmediate();
  }
  expect(count).toBeLessThan(14);
});

it("begins no pod for each change of a tenant's NAD, and reports the failure meanwhile", async () => {
  const needs = [["macvlan"], ["macvlan", "tap"], ["macvlan", "vrf"]];
  let count = 0;
  for (now = 0; now < 600_000; now += 1000) {
    const wanted = request({ "node-1": needs[(now / 1000) % 3] ?? [] });
    installer.step(wanted);
    if (running.length > count) running.at(-1)?.fail("ErrImagePull");
    count = running.length;
    await setImmediate();
    expect(installer.progress(wanted).failed).toEqual([{ node: "node-1", message: "ErrImagePull" }]);
  }
  expect(count).toBeLessThan(12);
});

it("begins no pod for each of them either if each succeeds and no inspection shows it", async () => {
  let count = 0;
  for (now = 0; now < 600_000; now += 1000) {
    installer.step(request({ "node-1": (now / 1000) % 2 ? ["macvlan"] : ["macvlan", "tap"] }));
    if (running.length > count) running.at(-1)?.answer();
    count = running.length;
    await setImmediate();
  }
  expect(count).toBeLessThan(12);
});

it("tries at once with another image, and not where a kubelet does not answer", async () => {
  unreachable.add("node-2");
  const both = (image: string) => request({ "node-1": ["macvlan"], "node-2": ["macvlan"] }, image);
  installer.step(both("plugins:1"));
  running[0]?.fail("container copy with image plugins:1: ErrImagePull: not found");
  await setImmediate();
  expect(installer.progress(both("plugins:1"))).toMatchObject({
    pending: 1,
    failed: [{ node: "node-1", message: "container copy with image plugins:1: ErrImagePull: not found" }],
  });
  installer.step(both("plugins:1"));
  expect(running).toHaveLength(1);
  installer.step(both("plugins:2"));
  expect(running).toHaveLength(2);
  expect(installer.progress(both("plugins:2"))).toEqual({ pending: 2, failed: [] });
  running[1]?.fail("container copy with image plugins:2: ErrImagePull: unauthorized");
  await setImmediate();
  const { image, ...more } = both("plugins:2");
  installer.step({ ...more, image: { ...image, pullSecrets: ["registry"] } });
  expect(running).toHaveLength(3);
});

it("does not believe an answer about another node", async () => {
  installer.step(LACKS);
  running[0]?.answer({ node: "node-9" });
  await setImmediate();
  expect(installer.progress(LACKS).failed).toEqual([
    { node: "node-1", message: "its answer is about node-9" },
  ]);
});

it("works on ten nodes at a time", async () => {
  const many = request(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`node-${i}`, ["macvlan"]])));
  installer.step(many);
  expect(running).toHaveLength(10);
  running[3]?.answer();
  await setImmediate();
  installer.step(many);
  expect(running).toHaveLength(11);
});
