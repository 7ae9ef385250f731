/** Between two starts of a report, ms: it is written at most twice a second. */
const INTERVAL_MS = 500;
/** Computing a report takes at most a tenth of a CPU. */
const SHARE = 10;

/**
 * How soon a report is computed again: a report of many pods takes longer, and is computed less often. Only the time of
 * the CPU counts. A write that waits for a slow API server delays no later one.
 */
export class ReportPace {
  readonly #last = new Map<string, { at: number; computedMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `report`, which computes until its first await: that is what counts. */
  async run<R>(key: string, report: () => Promise<R>): Promise<R> {
    const at = this.#now();
    const running = report();
    this.#last.set(key, { at, computedMs: this.#now() - at });
    return await running;
  }

  /** After how many ms the report may be computed again; not positive if at once. */
  delayOf(key: string): number {
    const last = this.#last.get(key);
    if (!last) return 0;
    return last.at + Math.max(INTERVAL_MS, SHARE * last.computedMs) - this.#now();
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
