import type { Logger } from "../../telemetry/logger.ts";
import type { KubeClient, ListOptions } from "../client.ts";
import { NetworkError, type RequestName } from "../errors.ts";
import type { HttpResponse } from "../http.ts";
import { isProtobuf, PROTOBUF } from "../protobuf/envelope.ts";
import { ProtobufListReader } from "../protobuf/list-reader.ts";
import { ProtobufWatchReader } from "../protobuf/watch-reader.ts";
import { type ApiObject, collectionPath, describe, type ResourceType } from "../resource.ts";
import type { ListMetadata, ListStream, WatchEvent, WatchStream } from "../streams.ts";
import { ListReader, nextPageSize } from "./list-reader.ts";
import { JsonWatchReader } from "./watch-reader.ts";

export interface CollectionOptions
  extends Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector"> {
  client: KubeClient;
  type: ResourceType;
  log: Logger;
  /**
   * Decodes an object of a built-in type from protobuf. If set, protobuf is requested: a pod has half the bytes, takes
   * the API server a fraction of the time, and unread fields are not decoded.
   */
  protobuf?: (object: Buffer) => ApiObject;
  /** Silence after which a watch is opened again, ms. */
  silenceMs?: number;
}

/** A page, from the request to its last byte, ms. */
const PAGE_TIMEOUT_MS = 60_000;
/**
 * The server ends a watch after about this long, s: half of it is jitter, so that watches do not end together. A
 * dead one is detected by its silence (bookmarks), so this may be long: each end costs a request.
 */
const WATCH_SECONDS = 3600;
/**
 * Bookmarks come about once a minute: a watch that is silent for longer than this is opened again, ms. A server that is
 * gone is noticed sooner (connection-pool.ts); one that hangs still answers the kernel's probes, and only this ends its watch.
 */
const SILENCE_MS = 150_000;

/** The requests for a collection, and how their answers are read: in pages, in JSON or in protobuf. It keeps nothing. */
export class Collection {
  readonly #options: CollectionOptions;

  constructor(options: CollectionOptions) {
    this.#options = options;
  }

  /** The name under which errors and conditions speak of the collection. */
  get resource(): string {
    const { type, namespace, fieldSelector } = this.#options;
    const name = /^metadata\.name=([^,]+)$/.exec(fieldSelector ?? "")?.[1];
    if (name) return describe({ type, name, ...(namespace ? { namespace } : {}) });
    return namespace ? `${type.plural} in ${namespace}` : type.plural;
  }

  /** The name of its watch in errors. */
  get watchName(): RequestName {
    const { type, namespace } = this.#options;
    return { method: "WATCH", path: collectionPath(type, namespace) };
  }

  /** Reads all pages. Resolves with what the last one shows of the list; throws if one is cut off. */
  async list(
    stop: AbortSignal,
    onItem: (item: ApiObject) => void,
    onPage: () => void,
  ): Promise<ListMetadata> {
    const pages = new AbortController();
    const signal = AbortSignal.any([stop, pages.signal]);
    try {
      let limit = nextPageSize();
      let isFirst = true;
      let page: Promise<HttpResponse> | undefined = this.#page(signal, limit);
      let metadata: ListMetadata;
      do {
        const response: HttpResponse = await page;
        let items = 0;
        const reader = this.#listReader(response, (item) => {
          items++;
          onItem(item);
        });
        page = undefined;
        const next = (token: string | undefined) => {
          if (token) page ??= held(this.#page(signal, limit, token));
        };
        // The server prepares the next page while this one is read; after the first, the number of objects is known.
        metadata = await this.#read(response.body, reader, isFirst ? undefined : next);
        isFirst = false;
        onPage();
        limit = nextPageSize({ items, bytes: reader.bytes });
        next(metadata.continue);
      } while (page !== undefined);
      return metadata;
    } finally {
      pages.abort();
    }
  }

  /** Opens a watch from a resourceVersion on. */
  async watch(resourceVersion: string, signal: AbortSignal): Promise<HttpResponse> {
    const { client, type, namespace } = this.#options;
    const seconds = Math.round(WATCH_SECONDS * (0.5 + Math.random() / 2));
    return await client.request({
      method: "GET",
      path: collectionPath(type, namespace),
      query: {
        ...this.#selectors(),
        watch: "true",
        allowWatchBookmarks: "true",
        timeoutSeconds: String(seconds),
        resourceVersion,
      },
      signal,
      idleTimeoutMs: this.#options.silenceMs ?? SILENCE_MS,
      ...this.#accept(),
    });
  }

  /** What reads the answer to a watch. */
  watchReader({ headers }: HttpResponse, onEvent: (event: WatchEvent) => void): WatchStream {
    if (!this.#options.protobuf || !isProtobuf(headers)) return new JsonWatchReader(onEvent);
    return new ProtobufWatchReader((object) => this.#decode(object), onEvent);
  }

  async #page(signal: AbortSignal, limit: number, next?: string): Promise<HttpResponse> {
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
  #listReader({ headers }: HttpResponse, onItem: (item: ApiObject) => void): ListStream {
    if (!this.#options.protobuf || !isProtobuf(headers)) return new ListReader(onItem);
    return new ProtobufListReader((item) => {
      const decoded = this.#decode(item);
      if (decoded) onItem(decoded);
    });
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
      throw new NetworkError({ ...this.watchName, method: "GET" }, error); // the answer was cut off
    }
  }

  #selectors(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#options;
    return { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) };
  }
}

/** A request in progress. If it fails, its rejection reaches those that await it, and is not unhandled if none does. */
function held<R>(request: Promise<R>): Promise<R> {
  request.catch(() => {});
  return request;
}
