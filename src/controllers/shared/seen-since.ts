/**
 * For how long something is as it is, as this process has observed it. A timestamp of another machine, or one that a
 * previous leader wrote, is by a clock that may be an hour off: it shows that something changed, not how long ago.
 */
export class SeenSince {
  readonly #now: () => number;
  readonly #known = new Map<string, { state: string; at: number; asked: number }>();

  /** @param now ms of a clock that is never set */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * For how many seconds `key` has had this state.
   * @param already for how many it had a new state before it was asked for, if that is known
   */
  seconds(key: string, state: string, already = 0): number {
    const now = this.#now();
    const known = this.#known.get(key);
    if (known?.state === state) {
      known.asked = now;
      return (now - known.at) / 1000;
    }
    this.#known.set(key, { state, at: now - already * 1000, asked: now });
    return already;
  }

  /**
   * As `seconds`, of a state that is asked for again and again: from one time to the next at most `longestGap` seconds
   * count. A process that was suspended for an hour has not waited for an hour.
   */
  secondsAwake(key: string, state: string, longestGap: number, already = 0): number {
    const known = this.#known.get(key);
    if (known?.state === state) known.at += Math.max(0, this.#now() - known.asked - longestGap * 1000);
    return this.seconds(key, state, already);
  }

  /** Whether `key` had another state when it was last asked for, or none: true once for each change. */
  isNew(key: string, state: string): boolean {
    const isKnown = this.#known.get(key)?.state === state;
    this.seconds(key, state);
    return !isKnown;
  }

  /** Its next state is new, whatever it is. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Forgets all keys but these. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
  }
}
