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
