import fc from "fast-check";
import { expect, it } from "vitest";
import { type QueueClock, WorkQueue } from "./work-queue.ts";

class FakeClock implements QueueClock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];
  now() {
    return this.#now;
  }
  setTimer(run: () => void, ms: number) {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return timer;
  }
  clearTimer(timer: unknown) {
    this.#timers = this.#timers.filter((t) => t !== timer);
  }
  get longest() {
    return Math.max(...this.#timers.map(({ at }) => at - this.#now));
  }
  advance(ms: number) {
    this.#now += ms;
    const due = this.#timers.filter((t) => t.at <= this.#now);
    this.#timers = this.#timers.filter((t) => t.at > this.#now);
    for (const timer of due) timer.run();
  }
}

it("gives a key once, however often it was added", async () => {
  const queue = new WorkQueue();
  queue.add("a");
  queue.add("a");
  expect(await queue.take()).toBe("a");
  expect(queue.length).toBe(0);
});

it("holds a key back while it is worked on, and gives it again after", async () => {
  const queue = new WorkQueue();
  queue.add("a");
  await queue.take();
  queue.add("a");
  expect(queue.length).toBe(0);
  queue.done("a");
  expect(await queue.take()).toBe("a");
});

it("takes the earliest of several delays", () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 1000);
  queue.addAfter("a", 100);
  queue.addAfter("a", 5000);
  clock.advance(100);
  expect(queue.length).toBe(1);
});

it("backs off 5, 10, 20 ms …, and starts anew once forgotten", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  for (const wait of [5, 10, 20]) {
    queue.addRateLimited("a");
    clock.advance(wait - 1);
    expect(queue.length).toBe(0);
    clock.advance(1);
    expect(queue.length).toBe(1);
    queue.done((await queue.take()) ?? "");
  }
  queue.forget("a");
  queue.addRateLimited("a");
  clock.advance(5);
  expect(queue.length).toBe(1);
});

it("ends those who wait when it is shut down, and takes nothing more", async () => {
  const queue = new WorkQueue();
  const waiting = queue.take();
  queue.shutDown();
  queue.add("a");
  expect(await waiting).toBeUndefined();
  expect(await queue.take()).toBeUndefined();
});

it("waits as long as asked, also beyond what a timer of the system takes", () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  const year = 365 * 24 * 3_600_000;
  queue.addAfter("a", year);
  const most = 2 ** 31 - 1;
  expect(clock.longest).toBeLessThanOrEqual(most);
  for (let passed = 0; passed + most < year; passed += most) clock.advance(most);
  expect(queue.length).toBe(0);
  clock.advance(most);
  expect(queue.length).toBe(1);
  expect(() => queue.addAfter("b", Number.NaN)).toThrow(RangeError);
});

it("gives 100 failing keys their retry at once, and the others ten a second", () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  for (let key = 0; key < 150; key++) queue.addRateLimited(`key-${key}`);
  clock.advance(99);
  expect(queue.length).toBe(100);
  clock.advance(1000);
  expect(queue.length).toBe(110);
  clock.advance(4000);
  expect(queue.length).toBe(150);
  clock.advance(60_000); // the bucket is full again
  for (let key = 0; key < 100; key++) queue.addRateLimited(`other-${key}`);
  clock.advance(99);
  expect(queue.length).toBe(250);
});

it("never loses a key and never gives one to two workers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom("add", "work", "done"), fc.constantFrom("a", "b", "c"))),
      async (steps) => {
        const queue = new WorkQueue();
        const owed = new Set<string>();
        const working = new Set<string>();
        for (const [step, key] of steps) {
          if (step === "add") {
            queue.add(key);
            owed.add(key);
          } else if (step === "work" && queue.length > 0) {
            const taken = (await queue.take()) ?? "";
            expect(working.has(taken)).toBe(false);
            working.add(taken);
            owed.delete(taken);
          } else if (step === "done" && working.delete(key)) {
            queue.done(key);
          }
        }
        for (const key of working) queue.done(key);
        const rest = new Set<string>();
        while (queue.length > 0) rest.add((await queue.take()) ?? "");
        expect(rest).toEqual(owed);
      },
    ),
  );
});
