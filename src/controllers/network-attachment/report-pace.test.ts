import { expect, it } from "vitest";
import { type QueueClock, WorkQueue } from "../../kube/work-queue.ts";
import { ReportPace } from "./report-pace.ts";

const KEY = "default/net";

/** Runs for 60 s with a change every 20 ms; returns when each report was started. */
async function startsOf(times: { computeMs: number; writeMs: number }): Promise<number[]> {
  let now = 0;
  let timers: { run: () => void; at: number }[] = [];
  const clock: QueueClock = {
    now: () => now,
    setTimer: (run, ms) => {
      const timer = { run, at: now + ms };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      timers = timers.filter((other) => other !== timer);
    },
  };
  const pace = new ReportPace(() => now);
  const queue = new WorkQueue(clock);
  const starts: number[] = [];
  const work = async () => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      await pace.run(key, async () => {
        starts.push(now);
        now += times.computeMs;
        await new Promise<void>((resolve) => clock.setTimer(resolve, times.writeMs));
      });
      queue.done(key);
    }
  };
  const settled = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  void work();
  for (let change = 20; change <= 60_000; change += 20) {
    now = Math.max(now, change);
    for (const due of timers.filter(({ at }) => at <= now)) {
      clock.clearTimer(due);
      due.run();
      await settled();
    }
    queue.addAfter(KEY, pace.delayOf(KEY));
    await settled();
  }
  queue.shutDown();
  return starts;
}

const gaps = (starts: number[]) => starts.slice(1).map((at, i) => at - (starts[i] ?? 0));

it("starts a report at most twice a second while pods change all the time", async () => {
  const starts = await startsOf({ computeMs: 1, writeMs: 10 });
  expect(Math.min(...gaps(starts))).toBeGreaterThanOrEqual(500);
  expect(starts.length).toBeGreaterThan(100);
});

it("starts a report that computes for 200 ms every 2 s", async () => {
  const found = gaps(await startsOf({ computeMs: 200, writeMs: 10 }));
  expect(Math.min(...found)).toBeGreaterThanOrEqual(2000);
  expect(Math.max(...found)).toBeLessThan(2300);
});

it("does not let a write of 5 s delay the next report once it is done", async () => {
  const found = gaps(await startsOf({ computeMs: 1, writeMs: 5000 }));
  expect(found.length).toBeGreaterThan(9);
  expect(Math.max(...found)).toBeLessThan(5100);
});

it("does not delay a report that was not computed yet, or whose NAD is gone", async () => {
  const pace = new ReportPace(() => 0);
  expect(pace.delayOf(KEY)).toBe(0);
  await pace.run(KEY, async () => {});
  expect(pace.delayOf(KEY)).toBe(500);
  pace.forget(KEY);
  expect(pace.delayOf(KEY)).toBe(0);
});

it("counts a report that failed, too", async () => {
  const pace = new ReportPace(() => 0);
  await expect(pace.run(KEY, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(pace.delayOf(KEY)).toBe(500);
});
