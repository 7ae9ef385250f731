import { ApiError, isRejection, NotSynced } from "../errors.ts";

export interface SyncStateOptions {
  /** The name under which errors and conditions speak of the collection. */
  resource: string;
  /** How long the server may reject a watch until the copy counts as unknown, ms. */
  staleAfterMs: number;
  /** Milliseconds of a clock that does not jump. */
  now: () => number;
  /** Called when `isSynced` or `rejection` has changed. */
  onChange: () => void;
}

const SYNCED = "synced";

/**
 * Whether the local copy of a collection is known: it was listed, and the server has not rejected its watch for
 * long. Unknown is not empty: who needs the collection waits for `whenSynced`.
 */
export class SyncState {
  readonly #options: SyncStateOptions;
  #started: number | undefined;
  #isStopped = false;
  #isListed = false;
  /** When the server last confirmed the copy: a list, an open watch, or what came on it. */
  #confirmed: number | undefined;
  /** The last failure since then, and since when the server answers with errors; an outage is not an answer. */
  #failure: unknown;
  #rejectedSince: number | undefined;
  #staleTimer: NodeJS.Timeout | undefined;
  /** What `onChange` was last called for. */
  #reported = "";
  readonly #waiting = new Set<() => void>();

  constructor(options: SyncStateOptions) {
    this.#options = options;
  }

  start(): void {
    this.#started = this.#options.now();
  }

  /** From now on the copy is not known, and those who wait for it are notified. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#staleTimer);
    for (const check of this.#waiting) check();
  }

  /** The list is complete. */
  listed(): void {
    this.#isListed = true;
    this.confirmed();
  }

  /** The copy is as the server has it. */
  confirmed(): void {
    this.#confirmed = this.#options.now();
    if (this.#failure === undefined && this.isSynced && this.#reported === SYNCED) return; // each event comes here
    this.#failure = undefined;
    this.#rejectedSince = undefined;
    clearTimeout(this.#staleTimer);
    this.#report();
  }

  /** A list or a watch failed. */
  failed(error: unknown): void {
    this.#failure = error;
    // An outage is not the collection's failure: what was known stays known, and no write succeeds meanwhile.
    if (error instanceof ApiError && this.#rejectedSince === undefined) {
      this.#rejectedSince = this.#options.now();
      this.#staleTimer = setTimeout(() => this.#report(), this.#options.staleAfterMs + 1);
    }
    this.#report();
  }

  /** False before the first list, and after the server has rejected the watch for a while. */
  get isSynced(): boolean {
    return this.#isListed && !this.#isStale && !this.#isStopped;
  }

  /** Whether the copy is, or was, complete. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Why the copy is not known, if the server forbids it; undefined while it is known, or may soon be. */
  get rejection(): NotSynced | undefined {
    if (this.isSynced || !isRejection(this.#failure)) return undefined;
    return new NotSynced(this.#options.resource, "Rejected", this.#failure, this.staleSeconds);
  }

  /**
   * How old the copy may be, in seconds: the time since the server last confirmed it, or since the start. Bookmarks
   * confirm a quiet watch about once a minute. An answer with an error confirms nothing. 0 when not running.
   */
  get staleSeconds(): number {
    const since = this.#confirmed ?? this.#started;
    const isRunning = this.#started !== undefined && !this.#isStopped;
    return since === undefined || !isRunning ? 0 : (this.#options.now() - since) / 1000;
  }

  /**
   * Resolves when the copy is known. Rejects with a NotSynced when it is stopped, when `signal` is aborted, and after
   * `timeoutMs`; with a limit also as soon as the server forbids the list, since waiting does not change that.
   */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    const { resource } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (this.#isStopped) reject(new NotSynced(resource, "Stopped"));
      else if (signal?.aborted) reject(new NotSynced(resource, "Aborted"));
      else if (this.isSynced) resolve();
      else if (timeoutMs !== undefined && this.rejection) reject(this.rejection);
    };
    const onTimeout = () => reject(new NotSynced(resource, "TimedOut", this.#failure, this.staleSeconds));
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    this.#waiting.add(check);
    signal?.addEventListener("abort", check);
    try {
      check();
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", check);
      this.#waiting.delete(check);
    }
  }

  get #isStale(): boolean {
    return (
      this.#rejectedSince !== undefined &&
      this.#options.now() - this.#rejectedSince >= this.#options.staleAfterMs
    );
  }

  #report(): void {
    for (const check of this.#waiting) check();
    const state = this.isSynced ? SYNCED : `not synced ${this.rejection?.message ?? ""}`;
    if (state === this.#reported) return;
    this.#reported = state;
    this.#options.onChange();
  }
}
