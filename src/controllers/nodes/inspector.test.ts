import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { NodeView } from "../../diagnosis/node.ts";
import { Metrics } from "../../telemetry/metrics.ts";
import { NodeInspections } from "../shared/node-inspections.ts";
import { Inspector } from "./inspector.ts";
import type { TaskRunner } from "./task-runner.ts";

const NODE: NodeView = {
  ...{ name: "a", taints: [], reachable: true, runsMultus: true, keepsCalls: false, labels: {} },
  ...{ osImage: "", kubeletVersion: "" },
};
const ANSWER = {
  ...{ node: "a", at: "2026-11-24T12:00:00Z", architecture: "amd64", confFiles: [], binaries: [] },
  ...{ interfaces: [], multusFiles: [], leftovers: [], truncated: [] },
};
const PLAN = {
  owner: { name: "multus", uid: "install", namespace: "kube-system", pullSecrets: [] },
  ...{ confDir: "/etc/cni/net.d", binDirs: [], isFine: () => true },
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("reports that a node was inspected after an attempt that failed, also if it shows what it showed before", async () => {
  let failures = 0;
  const reported: string[] = [];
  const run: TaskRunner["run"] = async () => {
    if (failures-- > 0) throw new Error("403 Forbidden");
    return { exitCode: 0, message: JSON.stringify(ANSWER) };
  };
  const inspector = new Inspector({
    runner: { run } as TaskRunner,
    inspections: new NodeInspections(),
    ...{ node: () => NODE, log: pino({ level: "silent" }), metrics: new Metrics() },
    onChange: () => reported.push(inspector.failures.get("a") ?? "inspected"),
  });
  inspector.plan({ ...PLAN, nodes: new Map([["a", "the first pod"]]) });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reported).toEqual(["inspected"]);
  failures = 1;
  inspector.plan({ ...PLAN, nodes: new Map([["a", "the second pod"]]) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reported.at(1)).toBe("403 Forbidden");
  expect(reported.at(-1)).toBe("inspected");
  expect(inspector.failures).toEqual(new Map());
  await inspector.stop();
});

it("inspects what a pause interrupted, once it ends, although the same pod is there", async () => {
  let inspections = 0;
  const run: TaskRunner["run"] = async () => {
    inspections++;
    return { exitCode: 0, message: JSON.stringify(ANSWER) };
  };
  const inspector = new Inspector({
    runner: { run } as TaskRunner,
    inspections: new NodeInspections(),
    ...{ node: () => NODE, log: pino({ level: "silent" }), metrics: new Metrics(), onChange: () => {} },
  });
  const plan = { ...PLAN, nodes: new Map([["a", "the pod"]]) };
  inspector.plan(plan);
  inspector.pause();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(inspections).toBe(0);
  inspector.plan(plan);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(inspections).toBe(1);
  expect(inspector.isCurrent("a")).toBe(true);
  await inspector.stop();
});

it("inspects a node at once where plugins were installed, and what it has found before still holds until then", async () => {
  let inspections = 0;
  const run: TaskRunner["run"] = async () => {
    inspections++;
    return { exitCode: 0, message: JSON.stringify(ANSWER) };
  };
  const inspector = new Inspector({
    runner: { run } as TaskRunner,
    inspections: new NodeInspections(),
    ...{ node: () => NODE, log: pino({ level: "silent" }), metrics: new Metrics(), onChange: () => {} },
  });
  inspector.plan({ ...PLAN, nodes: new Map([["a", "the pod"]]) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inspections).toBe(1);
  inspector.renew("a");
  expect(inspector.isCurrent("a")).toBe(true);
  await vi.advanceTimersByTimeAsync(100);
  expect([inspections, inspector.isCurrent("a")]).toEqual([2, true]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inspections).toBe(2);
  await inspector.stop();
});

it("ends its first round when each node that answers was inspected or could not be, and begins no second one", async () => {
  const inspections = new NodeInspections();
  const rounds: string[] = [];
  inspections.onChange(() => rounds.push(inspections.round));
  const views: Record<string, NodeView> = {
    ...{ a: NODE, b: { ...NODE, name: "b" }, c: { ...NODE, name: "c" } },
    lost: { ...NODE, name: "lost", reachable: false },
  };
  const run: TaskRunner["run"] = async ({ node }) => {
    if (node === "b") throw new Error("no pull secret");
    if (node === "c") await new Promise((done) => setTimeout(done, 1000));
    return { exitCode: 0, message: JSON.stringify({ ...ANSWER, node }) };
  };
  const inspector = new Inspector({
    runner: { run } as TaskRunner,
    ...{ inspections, node: (name: string) => views[name], log: pino({ level: "silent" }) },
    ...{ metrics: new Metrics(), onChange: () => {} },
  });
  const plan = (...names: string[]) =>
    inspector.plan({ ...PLAN, nodes: new Map(names.map((name) => [name, "its pod"])) });
  expect(inspections.round).toBe("none");
  plan("a", "b", "c", "lost");
  await vi.advanceTimersByTimeAsync(4_500);
  expect(inspections.round).toBe("first");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(inspections.round).toBe("one of each");
  expect(rounds).toEqual(["first", "one of each"]);
  views.d = { ...NODE, name: "d" };
  plan("a", "b", "c", "lost", "d");
  expect(inspections.round).toBe("one of each");
  await inspector.stop();
});

it("does not wait in its first round for a node that is gone or does not answer any longer", () => {
  const inspections = new NodeInspections();
  inspections.expect(new Set());
  inspections.expect(new Set(["a", "b", "c"]));
  inspections.set({ ...ANSWER });
  inspections.expect(new Set(["b"]));
  expect(inspections.round).toBe("first");
  const listener = vi.fn();
  inspections.onChange(listener);
  inspections.expect(new Set());
  expect([inspections.round, listener.mock.calls.length]).toEqual(["one of each", 1]);
});
