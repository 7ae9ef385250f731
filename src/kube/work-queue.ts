/** The clock of a queue, to be replaced in tests. */
export interface QueueClock {
  now(): number;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
}

const systemClock: QueueClock = {
  now: () => performance.now(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

export interface QueueObserver {
  added?(): void;
  retried?(): void;
  depth?(depth: number): void;
  /** A key is taken, after it waited so long. */
  waited?(seconds: number): void;
  /** A key is done, after so long. */
  worked?(seconds: number): void;
}

const FIRST_RETRY_MS = 5;
const MAX_RETRY_MS = 60_000;
/** Of all keys together, as client-go's DefaultTypedControllerRateLimiter: so many retries a second, and as many at once. */
const RETRIES_PER_SECOND = 10;
const RETRIES_AT_ONCE = 100;
/** setTimeout takes a signed 32-bit number; a longer time would fire at once, and again and again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keys waiting to be worked on, after client-go's workqueue: a key waits at most once, is worked on by one
 * worker at a time, and one that is added meanwhile waits until that worker is done. Of several delays for
 * a key the earliest applies. A failing key backs off on its own, from 5 ms doubling to a minute, and all failing
 * keys share a bucket of retries: thousands that fail together do not come back together.
 */
export class WorkQueue {
  readonly #clock: QueueClock;
  readonly #observer: QueueObserver;
  readonly #ready: string[] = [];
  /** Waiting or to be worked on again, and since when. */
  readonly #dirty = new Map<string, number>();
  readonly #working = new Map<string, number>();
  readonly #delayed = new Map<string, { at: number; timer: unknown }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #down = false;
  /** Until when the retries that were taken use up the rate; in the past if some are left. */
  #retriesPaidUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: QueueClock = systemClock, observer: QueueObserver = {}) {
    this.#clock = clock;
    this.#observer = observer;
  }

  get length(): number {
    return this.#ready.length;
  }

  /** The keys that are taken and not done yet. */
  get unfinished(): { totalSeconds: number; longestSeconds: number } {
    const now = this.#clock.now();
    const ages = [...this.#working.values()].map((since) => (now - since) / 1000);
    return { totalSeconds: ages.reduce((sum, age) => sum + age, 0), longestSeconds: Math.max(0, ...ages) };
  }

  add(key: string): void {
    if (this.#down || this.#dirty.has(key)) return;
    this.#dirty.set(key, this.#clock.now());
    this.#observer.added?.();
    if (!this.#working.has(key)) this.#offer(key);
  }

  /** Adds the key after `ms`, unless an earlier time for it is set already. Throws a RangeError for what is not a number. */
  addAfter(key: string, ms: number): void {
    if (Number.isNaN(ms)) throw new RangeError(`${key}: the time to wait is not a number`);
    if (this.#down) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.now() + ms;
    const existing = this.#delayed.get(key);
    if (existing && existing.at <= at) return;
    if (existing) this.#clock.clearTimer(existing.timer);
    this.#wait(key, at, ms);
  }

  #wait(key: string, at: number, ms: number): void {
    const timer = this.#clock.setTimer(
      () => {
        this.#delayed.delete(key);
        if (ms > MAX_TIMER_MS) this.#wait(key, at, ms - MAX_TIMER_MS);
        else this.add(key);
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    this.#delayed.set(key, { at, timer });
  }

  /** Adds the key after its own back-off, which grows with each failure until `forget`. */
  addRateLimited(key: string, atLeastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer.retried?.();
    const ofKey = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 30));
    this.addAfter(key, Math.max(atLeastMs, ofKey, this.#reserveRetry()));
  }

  /** Takes one retry out of the bucket of all keys, and returns after how many ms it may be used. */
  #reserveRetry(): number {
    const now = this.#clock.now();
    const share = 1000 / RETRIES_PER_SECOND;
    this.#retriesPaidUntil = Math.max(this.#retriesPaidUntil, now - RETRIES_AT_ONCE * share) + share;
    return this.#retriesPaidUntil - now;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, waiting for one; undefined once the queue is shut down. */
  take(): Promise<string | undefined> {
    const key = this.#ready.shift();
    if (key !== undefined) return Promise.resolve(this.#begin(key));
    if (this.#down) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** To be called once for each key taken. */
  done(key: string): void {
    this.#observer.worked?.((this.#clock.now() - (this.#working.get(key) ?? 0)) / 1000);
    this.#working.delete(key);
    if (this.#dirty.has(key)) this.#offer(key);
  }

  /** No key is given out from now on; those who wait for one are notified. */
  shutDown(): void {
    this.#down = true;
    for (const { timer } of this.#delayed.values()) this.#clock.clearTimer(timer);
    this.#delayed.clear();
    this.#ready.length = 0;
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #offer(key: string): void {
    if (this.#down) return;
    const taker = this.#takers.shift();
    if (taker) taker(this.#begin(key));
    else this.#ready.push(key);
    this.#observer.depth?.(this.#ready.length);
  }

  #begin(key: string): string {
    const now = this.#clock.now();
    this.#observer.waited?.((now - (this.#dirty.get(key) ?? now)) / 1000);
    this.#dirty.delete(key);
    this.#working.set(key, now);
    this.#observer.depth?.(this.#ready.length);
    return key;
  }
}
