import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { beforeEach, expect, it } from "vitest";
import type { DaemonPod } from "../shared/node-tasks.ts";
import { ShimReleaser } from "./shim-releaser.ts";
import type { NodeTask } from "./task-pod.ts";

const OWNER = { name: "multus", uid: "install", namespace: "kube-system", pullSecrets: [] };
let running: { task: NodeTask; end: () => void }[];
let now: number;
let releaser: ShimReleaser;

beforeEach(() => {
  running = [];
  now = 0;
  releaser = new ShimReleaser({
    log: pino({ level: "silent" }),
    now: () => now,
    isReachable: (node) => node !== "down",
    run: (task) =>
      new Promise((resolve) => {
        const report = { node: task.node, at: "2026-11-24T12:00:00Z", ended: true, answered: 1 };
        running.push({ task, end: () => resolve({ message: JSON.stringify(report) }) });
      }),
  });
});

const daemon = (node: string, terminating = false): DaemonPod => ({ uid: `of-${node}`, node, terminating });
const nodes = () => running.map(({ task }) => task.node);

it("releases the shims of a daemon that ends, once", () => {
  releaser.step(OWNER, [daemon("a"), daemon("b")], false);
  expect(nodes()).toEqual([]);
  releaser.step(OWNER, [daemon("a", true), daemon("b")], false);
  releaser.step(OWNER, [daemon("a", true), daemon("b")], false);
  releaser.step(OWNER, [daemon("b")], false);
  expect(running.map(({ task }) => task)).toEqual([{ kind: "release", node: "a" }]);
});

it("releases those of a daemon whose end it did not see, and of one that it saw only end", () => {
  releaser.step(OWNER, [daemon("a")], false);
  releaser.step(OWNER, [daemon("b", true)], false);
  releaser.step(OWNER, [daemon("down", true)], false);
  expect(nodes().toSorted()).toEqual(["a", "b"]);
});

it("does not take an install that follows a deleted one for the end of that one's daemons", () => {
  releaser.step(OWNER, [daemon("a")], true);
  releaser.forget();
  releaser.step(OWNER, [], false);
  expect(nodes()).toEqual([]);
});

it("lets shims wait where another daemon follows", () => {
  releaser.step(OWNER, [daemon("a")], true);
  releaser.step(OWNER, [daemon("a", true)], true);
  releaser.step(OWNER, [], true);
  expect(nodes()).toEqual([]);
});

it("takes fifty nodes at a time, and none when no shim waits any more", async () => {
  const all = Array.from({ length: 60 }, (_, index) => daemon(`node-${index}`, true));
  releaser.step(OWNER, all, false);
  expect(running).toHaveLength(50);
  running[0]?.end();
  await setImmediate();
  expect(running).toHaveLength(51);
  now = 60_000;
  running[1]?.end();
  await setImmediate();
  expect(running).toHaveLength(51);
});
