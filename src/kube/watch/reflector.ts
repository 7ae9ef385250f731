import { setTimeout as sleep } from "node:timers/promises";
import { RetryDelay } from "../backoff.ts";
import { ApiError, NetworkError, type NotSynced } from "../errors.ts";
import { type ApiObject, keyOf } from "../resource.ts";
import type { WatchEvent } from "../streams.ts";
import { Collection, type CollectionOptions } from "./collection.ts";
import { type Change, MapStore, type ReflectorStore } from "./reflector-store.ts";
import { SyncState } from "./sync-state.ts";

export interface ReflectorOptions<T> extends CollectionOptions {
  /** What is kept of each object; undefined omits the object. If it throws, the object is omitted and the error is logged. */
  project: (object: ApiObject) => T | undefined;
  /** Called with each key whose kept value may have changed. It only enqueues. */
  onChange: (key: string, kept: T | undefined) => void;
  /** The store of the kept values; by default a Map. */
  store?: ReflectorStore<T>;
  /**
   * If set, the server may not know the type, because its CRD may be created later. This is not a failure: the collection
   * is empty, and is requested again every few seconds. Called when this begins and when it ends.
   */
  onDefined?: (defined: boolean) => void;
  /**
   * Called after each part of a watch, bookmarks included, so about once a minute at least. If it returns true, the watch
   * ends and the collection is listed again: for what `project` did not keep before. The copy stays known meanwhile.
   */
  needsList?: () => boolean;
  /**
   * Called when `isSynced` or `rejection` has changed: an empty list reports no key, and a watch that is rejected reports
   * nothing at all. It only enqueues.
   */
  onSync?: () => void;
  /** How long the server may reject a watch until the copy counts as unknown, ms. */
  staleAfterMs?: number;
  now?: () => number;
}

/** A watch that ends sooner without any event counts as a failure, ms. */
const MIN_WATCH_MS = 1000;
const PARSE_ERRORS = [SyntaxError, TypeError, RangeError];
/** Interval between requests for a type that the server does not know, ms. */
const UNKNOWN_MS = 5_000;
/** A server that has just started rejects requests for some seconds, until it has read its own roles, ms. */
const STALE_AFTER_MS = 60_000;

/**
 * Keeps a local copy of a collection: lists it, watches it, and recovers from every way in which a watch
 * can end. The states are those of kube-rs' watcher: empty → listing → watching; 410 Gone leads back to
 * empty, a clean end to a new watch from the last resourceVersion, everything else to a pause and a retry.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #collection: Collection;
  readonly #stop = new AbortController();
  readonly #store: ReflectorStore<T>;
  readonly #now: () => number;
  #running: Promise<void> | undefined;
  #resourceVersion: string | undefined;
  readonly #retry = new RetryDelay();
  #defined = true;
  /** Whether a 410 led to a list and no event was seen since. */
  #relisted = false;
  /** When a request last ended, successfully or not, or the next one begins. */
  #lastOutcome = 0;
  readonly #sync: SyncState;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#collection = new Collection(options);
    this.#store = options.store ?? new MapStore();
    this.#now = options.now ?? (() => performance.now());
    this.#sync = new SyncState({
      resource: this.resource,
      staleAfterMs: options.staleAfterMs ?? STALE_AFTER_MS,
      now: this.#now,
      onChange: () => this.#guard(this.resource, () => options.onSync?.()),
    });
  }

  /** See SyncState. Never resolves for a watch that was stopped. */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    await this.#sync.whenSynced(signal, timeoutMs);
  }

  /** Whether the copy is known: false before the first list, and after the server has rejected the watch for a while. */
  get isSynced(): boolean {
    return this.#sync.isSynced;
  }

  /** Whether the copy is, or was, complete. */
  get isListed(): boolean {
    return this.#sync.isListed;
  }

  /** Why the copy is not known, if the server forbids it; undefined while it is known, or may soon be. */
  get rejection(): NotSynced | undefined {
    return this.#sync.rejection;
  }

  /** How old the copy may be, in seconds; see SyncState. */
  get staleSeconds(): number {
    return this.#sync.staleSeconds;
  }

  /** The name under which errors and conditions speak of the collection. */
  get resource(): string {
    return this.#collection.resource;
  }

  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  values(): T[] {
    return Array.from(this.#store.entries(), ([, kept]) => kept);
  }

  entries(): Iterable<[string, T]> {
    return this.#store.entries();
  }

  get size(): number {
    return this.#store.size;
  }

  /** The watched collection without the object's name: the label of its metrics. */
  get plural(): string {
    return this.#options.type.plural;
  }

  /** How long there was neither a response nor an error: it shows a watch that hangs, but not an unreachable API server. */
  get silenceSeconds(): number {
    return this.#isRunning ? Math.max(0, this.#now() - this.#lastOutcome) / 1000 : 0;
  }

  get #isRunning(): boolean {
    return this.#running !== undefined && !this.#stop.signal.aborted;
  }

  start(): void {
    if (this.#running) return;
    this.#sync.start();
    this.#heard();
    this.#options.client.watches.add(this);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#options.client.watches.delete(this);
    this.#sync.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        else await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    this.#lastOutcome = this.#now(); // rejected or unreachable, but not silent
    if (error instanceof ApiError && (error.status === 410 || error.reason === "Expired")) {
      this.#resourceVersion = undefined;
      // List at once; if no event came since, the next list waits.
      if (!this.#relisted) {
        this.#relisted = true;
        return;
      }
    }
    if (this.#options.onDefined && error instanceof ApiError && error.status === 404) {
      this.#heard();
      this.#resourceVersion = undefined;
      this.#retry.reset();
      this.#notify(this.#store.filling().end());
      this.#sync.listed();
      this.#setDefined(false);
      await sleep(UNKNOWN_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      return;
    }
    this.#sync.failed(error);
    const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const wait = Math.max(asked, this.#retry.next());
    this.#lastOutcome += wait;
    const expected = error instanceof NetworkError || (error instanceof ApiError && error.isTransient);
    this.#options.log[expected ? "info" : "error"](
      { err: error, resource: this.#options.type.plural, waitMs: Math.round(wait) },
      "watch interrupted, will retry",
    );
    await sleep(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  async #list(): Promise<void> {
    const found = this.#store.filling();
    const add = (item: ApiObject) => {
      const kept = this.#project(item);
      if (kept !== undefined) this.#guard(keyOf(item), () => found.add(keyOf(item), kept));
    };
    const metadata = await this.#collection
      .list(this.#stop.signal, add, () => this.#heard())
      .catch((error: unknown) => {
        this.#notify(found.cutOff?.() ?? []); // who accounts for what was projected would do so for good
        throw error;
      });
    if (this.#stop.signal.aborted) return;
    this.#notify(found.end());
    this.#resourceVersion = metadata.resourceVersion;
    this.#sync.listed();
    this.#setDefined(true);
  }

  #setDefined(defined: boolean): void {
    if (defined === this.#defined) return;
    this.#defined = defined;
    this.#options.onDefined?.(defined);
  }

  async #watch(resourceVersion: string): Promise<void> {
    const response = await this.#collection.watch(resourceVersion, this.#stop.signal);
    this.#heard();
    const opened = this.#now();
    // A watch that ends at once with an error confirms nothing.
    const holds = setTimeout(() => this.#sync.confirmed(), MIN_WATCH_MS);
    const reader = this.#collection.watchReader(response, (event) => this.#event(event));
    try {
      for await (const chunk of response.body) {
        this.#heard();
        reader.push(chunk as Buffer);
        if (this.#options.needsList?.()) {
          this.#resourceVersion = undefined;
          return;
        }
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
      // What cannot be parsed would come again from the same place.
      if (PARSE_ERRORS.some((type) => error instanceof type)) this.#resourceVersion = undefined;
      throw new NetworkError(this.#collection.watchName, error);
    } finally {
      clearTimeout(holds);
      this.#retry.held(this.#now() - opened);
    }
    // If a server, or a proxy in between, ends each watch at once, it must not be called in a loop.
    if (this.#now() - opened < MIN_WATCH_MS && this.#resourceVersion === resourceVersion)
      throw new NetworkError(
        this.#collection.watchName,
        new Error("the watch ended at once, without an event"),
      );
    this.#retry.reset();
  }

  #event({ type, object }: WatchEvent): void {
    if (type === "ERROR")
      throw new ApiError(this.#collection.watchName, Number(object.code), JSON.stringify(object));
    if (object.metadata.resourceVersion) this.#resourceVersion = object.metadata.resourceVersion;
    this.#retry.reset();
    this.#relisted = false;
    this.#sync.confirmed();
    if (type === "BOOKMARK") return;
    const kept = type === "DELETED" ? undefined : this.#project(object);
    const key = keyOf(object);
    this.#guard(key, () =>
      this.#notify(kept === undefined ? this.#store.delete(key) : this.#store.set(key, kept)),
    );
  }

  #notify(changes: Iterable<Change<T>>): void {
    for (const [key, kept] of changes) this.#guard(key, () => this.#options.onChange(key, kept));
  }

  /** A handler that throws is a bug; it must neither end the watch nor prevent the calls for other keys. */
  #guard(key: string, process: () => void): void {
    try {
      process();
    } catch (error) {
      this.#options.log.error({ err: error, object: key }, "a change could not be processed");
    }
  }

  #project(object: ApiObject): T | undefined {
    try {
      return this.#options.project(object);
    } catch (error) {
      this.#options.log.error(
        { err: error, object: keyOf(object) },
        "an object could not be parsed and is ignored",
      );
      return undefined;
    }
  }

  #heard(): void {
    this.#lastOutcome = this.#now();
  }
}
