/**
 * For how long something is as it is, as this process has observed it. A timestamp of another machine, or one that a
 * previous leader wrote, is by a clock that may be an hour off: it shows that something changed, not how long ago.
 */
export class SeenSince {
  readonly #now: () => number;
  readonly #known = new Map<string, { state: string; at: number }>();

  /** @param now ms of a clock that is never set */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * For how many seconds `key` has had this state.
   * @param already for how many it had a new state before it was asked for, if that is known
   */
  seconds(key: string, state: string, already = 0): number {
    const at = this.#now();
    const known = this.#known.get(key);
    if (known?.state === state) return (at - known.at) / 1000;
    this.#known.set(key, { state, at: at - already * 1000 });
    return already;
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
