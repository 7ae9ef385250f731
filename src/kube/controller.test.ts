import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { Metrics } from "../telemetry/metrics.ts";
import { Controller, type Result } from "./controller.ts";
import { ApiError, TerminalError } from "./errors.ts";

let controller: Controller | undefined;
let metrics: Metrics;
afterEach(async () => await controller?.stop());

function controllerOf(reconcile: (key: string, signal: AbortSignal) => Promise<Result>, workers = 1) {
  metrics = new Metrics();
  controller = new Controller({
    name: "test",
    log: pino({ level: "silent" }),
    metrics,
    workers,
    reconcile: (key, { signal }) => reconcile(key, signal),
  });
  return controller;
}

it("tries again after an error, and stops once it succeeds", async () => {
  let runs = 0;
  const made = controllerOf(async () => {
    if (++runs < 3) throw new Error("not yet");
    return {};
  });
  await made.start(Promise.resolve());
  made.enqueue("a");
  await expect.poll(() => runs).toBe(3);
  await pause(60);
  expect(runs).toBe(3);
  const text = await metrics.registry.metrics();
  expect(text).toContain('controller_runtime_reconcile_total{controller="test",result="success"} 1');
  expect(text).toContain('controller_runtime_reconcile_errors_total{controller="test"} 2');
  expect(text).toContain('workqueue_retries_total{name="test"} 2');
  expect(text).toContain('workqueue_work_duration_seconds_count{name="test"} 3');
});

it("does not try again after a TerminalError until the object changes", async () => {
  let runs = 0;
  const made = controllerOf(async () => {
    runs++;
    throw new TerminalError("the spec is wrong");
  });
  await made.start(Promise.resolve());
  made.enqueue("a");
  await pause(60);
  expect(runs).toBe(1);
  made.enqueue("a");
  await expect.poll(() => runs).toBe(2);
  expect(await metrics.registry.metrics()).toContain(
    'controller_runtime_terminal_reconcile_errors_total{controller="test"} 2',
  );
});

it("runs again after requeueAfterSeconds", async () => {
  let runs = 0;
  const made = controllerOf(async () => (++runs === 1 ? { requeueAfterSeconds: 0.05 } : {}));
  await made.start(Promise.resolve());
  made.enqueue("a");
  await expect.poll(() => runs).toBe(2);
});

it("waits as long as the API server asked for", async () => {
  const at: number[] = [];
  const made = controllerOf(async () => {
    at.push(performance.now());
    if (at.length === 1) throw new ApiError({ method: "GET", path: "/" }, 429, "{}", "1");
    return {};
  });
  await made.start(Promise.resolve());
  made.enqueue("a");
  await expect.poll(() => at.length).toBe(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

it("reconciles nothing before the stores are full", async () => {
  let runs = 0;
  const synced = Promise.withResolvers<void>();
  const made = controllerOf(async () => {
    runs++;
    return {};
  });
  const started = made.start(synced.promise);
  made.enqueue("a");
  await pause(20);
  expect(runs).toBe(0);
  synced.resolve();
  await started;
  await expect.poll(() => runs).toBe(1);
});

it("never runs a key twice at once, however many workers there are", async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const made = controllerOf(async () => {
    most = Math.max(most, ++running);
    await pause(10);
    running--;
    runs++;
    return {};
  }, 4);
  await made.start(Promise.resolve());
  made.enqueue("a");
  await pause(2);
  made.enqueue("a");
  await expect.poll(() => runs).toBe(2);
  expect(most).toBe(1);
});

it("waits for the running reconcile when it stops, and tells it by its signal", async () => {
  let aborted = false;
  const made = controllerOf(async (_key, signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    aborted = true;
    return {};
  });
  await made.start(Promise.resolve());
  made.enqueue("a");
  await pause(5);
  await made.stop();
  expect(aborted).toBe(true);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it("shows every series of controller-runtime from the start, and what its workers have in hand", async () => {
  let finish = () => {};
  const made = controllerOf(
    () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      }),
    3,
  );
  const series = async () =>
    (await metrics.registry.metrics()).split("\n").filter((line) => /="test"/.test(line));
  const before = await series();
  for (const expected of [
    ...["success", "requeue_after", "requeue", "error"].map(
      (result) => `controller_runtime_reconcile_total{controller="test",result="${result}"} 0`,
    ),
    'controller_runtime_reconcile_errors_total{controller="test"} 0',
    'controller_runtime_terminal_reconcile_errors_total{controller="test"} 0',
    'controller_runtime_active_workers{controller="test"} 0',
    'controller_runtime_max_concurrent_reconciles{controller="test"} 3',
    'workqueue_adds_total{name="test"} 0',
    'workqueue_retries_total{name="test"} 0',
    'workqueue_depth{name="test"} 0',
    'workqueue_queue_duration_seconds_count{name="test"} 0',
    'workqueue_work_duration_seconds_count{name="test"} 0',
    'workqueue_unfinished_work_seconds{name="test"} 0',
    'workqueue_longest_running_processor_seconds{name="test"} 0',
  ])
    expect(before).toContain(expected);
  await made.start(Promise.resolve());
  made.enqueue("a");
  await pause(50);
  const value = async (name: string) =>
    Number((await series()).find((line) => line.startsWith(`${name}{`))?.split(" ")[1]);
  const longest = await value("workqueue_longest_running_processor_seconds");
  expect(longest).toBeGreaterThanOrEqual(0.04);
  expect(await value("workqueue_unfinished_work_seconds")).toBeGreaterThanOrEqual(longest);
  finish();
});
