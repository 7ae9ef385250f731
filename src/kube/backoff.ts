/** Exponential back-off with full jitter above half: `base` doubled for each failure, at most `ceiling`. All in ms. */
export function backoff(
  failures: number,
  base: number,
  ceiling: number,
  random: () => number = Math.random,
): number {
  const full = Math.min(ceiling, base * 2 ** Math.min(failures, 30));
  return full / 2 + (full / 2) * random();
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 30_000;
/** A watch that was open for so long has worked, even if nothing came on it, ms. */
const HEALTHY_MS = 10_000;

/**
 * How long to wait until a list or a watch is requested again. client-go's reflector begins with the shortest delay again
 * after two minutes without a failure. Here a watch that was open for 10 s counts, so that an API server that restarts
 * every minute does not leave quiet watches behind for 30 s.
 */
export class RetryDelay {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Something failed: after how many ms it may be tried again. */
  next(): number {
    return backoff(this.#failures++, FIRST_RETRY_MS, MAX_RETRY_MS, this.#random);
  }

  /** A watch was open for `ms`. */
  held(ms: number): void {
    if (ms >= HEALTHY_MS) this.reset();
  }

  reset(): void {
    this.#failures = 0;
  }
}
