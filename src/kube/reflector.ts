import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { Logger } from "../telemetry/logger.ts";
import { RetryDelay } from "./backoff.ts";
import type { KubeClient, ListOptions } from "./client.ts";
import { ApiError, NetworkError, type NotSynced, type RequestName } from "./errors.ts";
import { type ListMetadata, ListReader, type ListStream, nextPageSize } from "./list-reader.ts";
import { isProtobuf, PROTOBUF } from "./protobuf/envelope.ts";
import { ProtobufListReader } from "./protobuf/list-reader.ts";
import { ProtobufWatchReader } from "./protobuf/watch-reader.ts";
import { type Change, MapStore, type ReflectorStore } from "./reflector-store.ts";
import { type ApiObject, collectionPath, describe, type ResourceType } from "./resource.ts";
import { SyncState } from "./sync-state.ts";
import { JsonWatchReader, type WatchEvent, type WatchStream } from "./watch-reader.ts";

export interface ReflectorOptions<T>
  extends Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector"> {
  client: KubeClient;
  type: ResourceType;
  log: Logger;
  /** What is kept of each object; undefined omits the object. If it throws, the object is omitted and the error is logged. */
  project: (object: ApiObject) => T | undefined;
  /** Called with each key whose kept value may have changed. It only enqueues. */
  onChange: (key: string, kept: T | undefined) => void;
  /** The store of the kept values; by default a Map. */
  store?: ReflectorStore<T>;
  /**
   * Decodes an object of a built-in type from protobuf. If set, protobuf is requested: a pod has half the bytes, takes
   * the API server a fraction of the time, and unread fields are not decoded.
   */
  protobuf?: (object: Buffer) => ApiObject;
  /**
   * If set, the server may not know the type, because its CRD may be created later. This is not a failure: the collection
   * is empty, and is requested again every few seconds. Called when this begins and when it ends.
   */
  onDefined?: (defined: boolean) => void;
  /**
   * Called when `isSynced` or `rejection` has changed: an empty list reports no key, and a watch that is rejected reports
   * nothing at all. It only enqueues.
   */
  onSync?: () => void;
  /** How long the server may reject a watch until the copy counts as unknown, ms. */
  staleAfterMs?: number;
  /** Silence after which a watch is opened again, ms. */
  silenceMs?: number;
  now?: () => number;
}

/** A page, from the request to its last byte, ms. */
const PAGE_TIMEOUT_MS = 60_000;
/**
 * The server ends a watch after about this long, s: half of it is jitter, so that watches do not end together. A
 * dead one is detected by its silence (bookmarks), so this may be long: each end costs a request.
 */
const WATCH_SECONDS = 3600;
/** A watch that ends sooner without any event counts as a failure, ms. */
const MIN_WATCH_MS = 1000;
/** Interval between requests for a type that the server does not know, ms. */
const UNKNOWN_MS = 5_000;
/**
 * Bookmarks come about once a minute: a watch that is silent for longer than this is opened again, ms. A server that is
 * gone is noticed sooner (connection-pool.ts); one that hangs still answers the kernel's probes, and only this ends its watch.
 */
const SILENCE_MS = 150_000;
/** A server that has just started rejects requests for some seconds, until it has read its own roles, ms. */
const STALE_AFTER_MS = 60_000;

/**
 * Keeps a local copy of a collection: lists it, watches it, and recovers from every way in which a watch
 * can end. The states are those of kube-rs' watcher: empty → listing → watching; 410 Gone leads back to
 * empty, a clean end to a new watch from the last resourceVersion, everything else to a pause and a retry.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
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
    const { type, namespace, fieldSelector } = this.#options;
    const name = /^metadata\.name=([^,]+)$/.exec(fieldSelector ?? "")?.[1];
    if (name) return describe({ type, name, ...(namespace ? { namespace } : {}) });
    return namespace ? `${type.plural} in ${namespace}` : type.plural;
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
    const pages = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, pages.signal]);
    try {
      let limit = nextPageSize();
      let isFirst = true;
      let page: Promise<Dispatcher.ResponseData> | undefined = this.#page(signal, limit);
      let metadata: ListMetadata;
      do {
        const response: Dispatcher.ResponseData = await page;
        let items = 0;
        const reader = this.#listReader(response, (item) => {
          items++;
          const kept = this.#project(item);
          if (kept !== undefined) this.#guard(keyOf(item), () => found.add(keyOf(item), kept));
        });
        page = undefined;
        const next = (token: string | undefined) => {
          if (token) page ??= held(this.#page(signal, limit, token));
        };
        // The server prepares the next page while this one is read; after the first, the number of objects is known.
        metadata = await this.#read(response.body, reader, isFirst ? undefined : next);
        isFirst = false;
        this.#heard();
        limit = nextPageSize({ items, bytes: reader.bytes });
        next(metadata.continue);
      } while (page !== undefined);
      if (this.#stop.signal.aborted) return;
      this.#notify(found.end());
      this.#resourceVersion = metadata.resourceVersion;
      this.#sync.listed();
      this.#setDefined(true);
    } finally {
      pages.abort();
    }
  }

  async #page(signal: AbortSignal, limit: number, next?: string): Promise<Dispatcher.ResponseData> {
    const { client, type, namespace } = this.#options;
    return await client.request({
      method: "GET",
      path: collectionPath(type, namespace),
      query: { ...this.#selectors(), limit: String(limit), ...(next ? { continue: next } : {}) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_TIMEOUT_MS)]),
      ...this.#accept(),
    });
  }

  #accept(): { accept?: string } {
    return this.#options.protobuf ? { accept: `${PROTOBUF},application/json` } : {};
  }

  /** A server, or a proxy in between, may answer in JSON although protobuf was requested. */
  #listReader({ headers }: Dispatcher.ResponseData, onItem: (item: ApiObject) => void): ListStream {
    if (!this.#options.protobuf || !isProtobuf(headers)) return new ListReader(onItem);
    return new ProtobufListReader((item) => {
      const decoded = this.#decode(item);
      if (decoded) onItem(decoded);
    });
  }

  #watchReader({ headers }: Dispatcher.ResponseData): WatchStream {
    const onEvent = (event: WatchEvent) => this.#event(event);
    if (!this.#options.protobuf || !isProtobuf(headers)) return new JsonWatchReader(onEvent);
    return new ProtobufWatchReader((object) => this.#decode(object), onEvent);
  }

  /** One object that cannot be read must not prevent others from being read. */
  #decode(object: Buffer): ApiObject | undefined {
    try {
      return this.#options.protobuf?.(object);
    } catch (error) {
      this.#options.log.error(
        { err: error, resource: this.resource },
        "an object could not be decoded and is ignored",
      );
      return undefined;
    }
  }

  async #read(
    body: AsyncIterable<Buffer>,
    reader: ListStream,
    onToken?: (token: string | undefined) => void,
  ): Promise<ListMetadata> {
    try {
      for await (const chunk of body) {
        reader.push(chunk);
        onToken?.(reader.metadata?.continue);
      }
      return reader.end();
    } catch (error) {
      throw new NetworkError({ ...this.#name(), method: "GET" }, error); // the answer was cut off
    }
  }

  #setDefined(defined: boolean): void {
    if (defined === this.#defined) return;
    this.#defined = defined;
    this.#options.onDefined?.(defined);
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, type, namespace } = this.#options;
    const seconds = Math.round(WATCH_SECONDS * (0.5 + Math.random() / 2));
    const response = await client.request({
      method: "GET",
      path: collectionPath(type, namespace),
      query: {
        ...this.#selectors(),
        watch: "true",
        allowWatchBookmarks: "true",
        timeoutSeconds: String(seconds),
        resourceVersion,
      },
      signal: this.#stop.signal,
      idleTimeoutMs: this.#options.silenceMs ?? SILENCE_MS,
      ...this.#accept(),
    });
    this.#heard();
    const opened = this.#now();
    // A watch that ends at once with an error confirms nothing.
    const holds = setTimeout(() => this.#sync.confirmed(), MIN_WATCH_MS);
    const reader = this.#watchReader(response);
    try {
      for await (const chunk of response.body) {
        this.#heard();
        reader.push(chunk as Buffer);
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new NetworkError(this.#name(), error);
    } finally {
      clearTimeout(holds);
      this.#retry.held(this.#now() - opened);
    }
    // If a server, or a proxy in between, ends each watch at once, it must not be called in a loop.
    if (this.#now() - opened < MIN_WATCH_MS && this.#resourceVersion === resourceVersion)
      throw new NetworkError(this.#name(), new Error("the watch ended at once, without an event"));
    this.#retry.reset();
  }

  #event({ type, object }: WatchEvent): void {
    if (type === "ERROR") throw new ApiError(this.#name(), Number(object.code), JSON.stringify(object));
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

  #selectors(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#options;
    return { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) };
  }

  #name(): RequestName {
    const { type, namespace } = this.#options;
    return { method: "WATCH", path: collectionPath(type, namespace) };
  }

  #heard(): void {
    this.#lastOutcome = this.#now();
  }
}

/** "namespace/name", or the name alone. */
export function keyOf(object: ApiObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** A request in progress. If it fails, its rejection reaches those that await it, and is not unhandled if none does. */
function held<R>(request: Promise<R>): Promise<R> {
  request.catch(() => {});
  return request;
}
