import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeView } from "../../diagnosis/node.ts";
import { Metrics } from "../../telemetry/metrics.ts";
import { NodeInspections } from "../shared/node-inspections.ts";
import { Cleaner } from "./cleaner.ts";
import { Inspector } from "./inspector.ts";
import { ShimReleaser } from "./shim-releaser.ts";
import type { TaskRunner } from "./task-runner.ts";

/** An administrator or NTP sets the wall clock; what a node waits for takes as long as it did. */

const HOUR_MS = 3_600_000;
const OWNER = { name: "multus", uid: "install", namespace: "kube-system", pullSecrets: [] };
const log = pino({ level: "silent" });
const NODE: NodeView = {
  ...{ name: "a", taints: [], reachable: true, runsMultus: true, keepsCalls: false, labels: {} },
  ...{ osImage: "", kubeletVersion: "" },
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const setWallClock = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe.each([-HOUR_MS, HOUR_MS])("the wall clock is set by %i ms", (shift) => {
  it("a node is inspected once it has settled", async () => {
    const inspected: string[] = [];
    const run: TaskRunner["run"] = async ({ node }) => {
      inspected.push(node);
      throw new Error("an attempt is enough");
    };
    const inspector = new Inspector({
      runner: { run } as TaskRunner,
      inspections: new NodeInspections(),
      ...{ node: () => NODE, log, metrics: new Metrics(), onChange: () => {} },
    });
    inspector.plan({
      ...{ owner: OWNER, confDir: "/etc/cni/net.d", binDirs: [], isFine: () => true },
      nodes: new Map([["a", "its pod is new"]]),
    });
    setWallClock(shift);
    await vi.advanceTimersByTimeAsync(3900);
    expect(inspected).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(inspected).toEqual(["a"]);
    await inspector.stop();
  });

  it("a node that was not cleaned is cleaned again after the wait", async () => {
    let attempts = 0;
    const run = async () => {
      attempts++;
      throw new Error("read-only file system");
    };
    const cleaner = new Cleaner({ run, log, onChange: () => {}, signal: new AbortController().signal });
    const request = {
      ...{ owner: OWNER, key: "install", confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" },
      ...{ since: "2026-11-24T11:00:00Z", nodes: [NODE], busy: new Set<string>() },
    };
    cleaner.step(request);
    await vi.advanceTimersByTimeAsync(0);
    setWallClock(shift);
    await vi.advanceTimersByTimeAsync(4900);
    cleaner.step(request);
    expect(attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    cleaner.step(request);
    expect(attempts).toBe(2);
  });

  it("shims that wait for their turn are released for a minute, and not after it", async () => {
    const ends: (() => void)[] = [];
    const run = () => new Promise<never>((_, reject) => ends.push(() => reject(new Error("gone"))));
    const releaser = new ShimReleaser({ run, log, isReachable: () => true });
    const daemons = Array.from({ length: 60 }, (_, index) => ({
      ...{ uid: `of-${index}`, node: `node-${index}`, terminating: true },
    }));
    releaser.step(OWNER, daemons, false);
    setWallClock(shift);
    await vi.advanceTimersByTimeAsync(100);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(51);
    await vi.advanceTimersByTimeAsync(60_000);
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(51);
  });
});
