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
