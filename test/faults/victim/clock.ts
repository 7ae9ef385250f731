/**
 * The clock of a victim, in place of Node's in every module of src (see bundle.ts): it runs faster than the real one, so
 * that what an operator waits for takes a fraction of the time, and a plan can set it forward or back.
 */

const RealDate = globalThis.Date;
const realNow = globalThis.performance.now.bind(globalThis.performance);
const setRealTimer = globalThis.setTimeout;
const clearRealTimer = globalThis.clearTimeout;
const RealAbortSignal = globalThis.AbortSignal;

const began = { monotonic: realNow(), wall: RealDate.now() };
let factor = 1;
/** By how much each clock was set forward, ms. */
let forward = 0;
let wallShift = 0;

interface Entry {
  due: number;
  run: () => void;
  handle: NodeJS.Timeout | undefined;
  isUnref: boolean;
}
const entries = new Set<Entry>();

/** How many times as fast as the real clock it runs, from now on. To be called before anything uses it. */
export function runAt(speed: number): void {
  factor = speed;
}

/** As if this much time had passed without anything happening, such as on a machine that was asleep. */
export function advance(ms: number): void {
  forward += ms;
  for (const entry of entries) arm(entry);
}

/** The wall clock alone is set, as by an administrator or by NTP; timers do not notice. */
export function setWall(ms: number): void {
  wallShift += ms;
}

/** In how many ms each pending timer is due. */
export function pending(): number[] {
  return [...entries].map(({ due }) => due - monotonic()).toSorted((a, b) => a - b);
}

function monotonic(): number {
  return (realNow() - began.monotonic) * factor + forward;
}

function wall(): number {
  return began.wall + monotonic() + wallShift;
}

function arm(entry: Entry): void {
  clearRealTimer(entry.handle);
  entry.handle = setRealTimer(
    () => {
      if (!entries.delete(entry)) return;
      entry.run();
    },
    Math.max(0, (entry.due - monotonic()) / factor),
  );
  if (entry.isUnref) entry.handle.unref();
}

class Timer {
  readonly entry: Entry;

  constructor(entry: Entry) {
    this.entry = entry;
  }

  unref(): this {
    this.entry.isUnref = true;
    this.entry.handle?.unref();
    return this;
  }
}

export function setTimeout<A extends unknown[]>(run: (...args: A) => void, ms = 0, ...args: A): Timer {
  const entry: Entry = { due: monotonic() + ms, run: () => run(...args), handle: undefined, isUnref: false };
  entries.add(entry);
  arm(entry);
  return new Timer(entry);
}

export function clearTimeout(timer: Timer | undefined): void {
  if (!(timer instanceof Timer)) return;
  entries.delete(timer.entry);
  clearRealTimer(timer.entry.handle);
}

/** node:timers/promises' setTimeout. */
function sleep<T>(ms = 0, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve(value);
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

export { sleep };

export const performance = { now: monotonic };

class VictimDate extends RealDate {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [wall()] : args) as [number]));
  }

  static override now(): number {
    return wall();
  }
}

export const AbortSignal = {
  any: (signals: AbortSignal[]) => RealAbortSignal.any(signals),
  abort: (reason?: unknown) => RealAbortSignal.abort(reason),
  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    setTimeout(
      () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")),
      ms,
    ).unref();
    return controller.signal;
  },
};
export { VictimDate as Date };
