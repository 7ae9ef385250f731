/** How a watch of the API server is doing. */
export interface WatchHealth {
  /** The plural of what it watches. */
  readonly plural: string;
  /** For how long nothing at all has come of its last request, not even an error. */
  readonly silenceSeconds: number;
  /** How old its copy may be: how long ago the API server last confirmed it. */
  readonly staleSeconds: number;
}

/** The watches of one process that run. One that was not started, or has been stopped, is neither silent nor stale. */
export class Watches {
  readonly #running = new Set<WatchHealth>();

  add(watch: WatchHealth): void {
    this.#running.add(watch);
  }

  delete(watch: WatchHealth): void {
    this.#running.delete(watch);
  }

  /**
   * The longest silence. A restart can help against silence alone: a watch that hangs. An API server that is away
   * answers with errors; a restart would not bring it back, and would cost what is known.
   */
  get silenceSeconds(): number {
    return Math.max(0, ...[...this.#running].map((watch) => watch.silenceSeconds));
  }

  /** How long ago the API server last confirmed a copy, whichever: it grows while the server cannot be reached. */
  get unconfirmedSeconds(): number {
    const stale = [...this.#running].map((watch) => watch.staleSeconds);
    return stale.length === 0 ? 0 : Math.min(...stale);
  }

  /** By resource, the staleness of its stalest watch. */
  staleness(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const { plural, staleSeconds } of this.#running)
      found.set(plural, Math.max(found.get(plural) ?? 0, staleSeconds));
    return found;
  }
}
