import type { Connection } from "./connection.ts";
import { ApiError, NetworkError } from "./errors.ts";
import { bytesOf, type HttpResponse, send, textOf } from "./http.ts";
import { isProtobuf, statusObject, unwrapped } from "./protobuf/envelope.ts";
import { type ApiObject, collectionPath, type ObjectRef, pathOf, type ResourceType } from "./resource.ts";
import { Watches } from "./watch/watches.ts";

/** One request as the hooks see it. */
export interface RequestInfo {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  /** In addition to those of the connection and of the content. */
  headers?: Readonly<Record<string, string | string[]>>;
  /** Longest silence in the body, ms. */
  idleTimeoutMs?: number;
}

export interface ClientHooks {
  /** Called before a request is sent; a test throws here, or waits, to put in a fault. */
  before?: (request: RequestInfo) => void | Promise<void>;
  /**
   * Called once the connection is open, just before the request goes out; throws to prevent it. A new connection takes a
   * moment, in which what `before` found may end.
   */
  sending?: (request: RequestInfo) => void;
  /** Called with the status, or 0 if no answer came. */
  after?: (request: RequestInfo, status: number) => void;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** At most this many; there may be more. */
  limit?: number;
  /** From the previous page's metadata: the next one is asked for. */
  continue?: string;
  signal?: AbortSignal;
}

export interface ApplyOptions {
  fieldManager: string;
  /** Take fields over from other managers instead of failing with a conflict. */
  force?: boolean;
  dryRun?: boolean;
  subresource?: "status";
  signal?: AbortSignal;
}

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: "Foreground" | "Background" | "Orphan";
  /** 0 removes a pod from the API at once, without its kubelet's word. */
  gracePeriodSeconds?: number;
  signal?: AbortSignal;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** A Status names at most each field of an object, which has at most 1.5 MiB. A proxy in between may answer with anything. */
const MAX_ERROR_BYTES = 4 * 1024 * 1024;

/**
 * The API server over raw JSON. The typed clients of client-node drop fields that they do not know (every
 * x-kubernetes-* of a CRD), so objects go through as they are. Every request passes `request`.
 */
export class KubeClient {
  readonly #connection: Connection;
  readonly #hooks: ClientHooks;
  readonly #signal: AbortSignal | undefined;
  /** Those that ask through this client, or through one made `with` it. */
  readonly watches: Watches;

  /** @param signal ends every request, next to the signal that a request itself has */
  constructor(
    connection: Connection,
    hooks: ClientHooks = {},
    signal?: AbortSignal,
    watches = new Watches(),
  ) {
    this.#connection = connection;
    this.#hooks = hooks;
    this.#signal = signal;
    this.watches = watches;
  }

  /** The same client for one piece of work: when `signal` is aborted, none of its requests goes on or begins. */
  with({ signal }: { signal: AbortSignal }): KubeClient {
    return new KubeClient(this.#connection, this.#hooks, joined(this.#signal, signal), this.watches);
  }

  /** The object, or undefined if there is none. */
  async get<T extends ApiObject>(
    ref: ObjectRef,
    options: { signal?: AbortSignal } = {},
  ): Promise<T | undefined> {
    try {
      return await this.json<T>({ method: "GET", path: pathOf(ref), ...options });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list<T extends ApiObject>(
    type: ResourceType,
    options: ListOptions = {},
  ): Promise<{ items: T[]; metadata: { resourceVersion: string; continue?: string } }> {
    const { namespace, limit, signal, ...selectors } = options;
    const path = collectionPath(type, namespace);
    const query = defined({ ...selectors, limit: limit?.toString() });
    return await this.json({ method: "GET", path, query, ...(signal ? { signal } : {}) });
  }

  /** Server-side apply: sets the fields that `object` has, and drops those this manager set before and no longer has. */
  async apply<T extends ApiObject>(ref: ObjectRef, object: object, options: ApplyOptions): Promise<T> {
    return await this.json<T>({
      method: "PATCH",
      path: pathOf(ref, options.subresource),
      query: {
        fieldManager: options.fieldManager,
        force: String(options.force ?? false),
        ...(options.dryRun ? { dryRun: "All" } : {}),
      },
      body: object,
      contentType: "application/apply-patch+yaml", // JSON is YAML; older servers know only this name
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  async create<T extends ApiObject>(
    type: ResourceType,
    object: ApiObject,
    options: { signal?: AbortSignal } = {},
  ): Promise<T> {
    const path = collectionPath(type, object.metadata.namespace);
    return await this.json<T>({ method: "POST", path, body: object, ...options });
  }

  /** Replaces the object; with its resourceVersion in the body it fails if another write was quicker (409). */
  async replace<T extends ApiObject>(
    ref: ObjectRef,
    object: ApiObject,
    options: { subresource?: "status" | "approval"; signal?: AbortSignal } = {},
  ): Promise<T> {
    const { subresource, ...rest } = options;
    return await this.json<T>({ method: "PUT", path: pathOf(ref, subresource), body: object, ...rest });
  }

  /** JSON merge patch (RFC 7386), or JSON patch (RFC 6902) if `patch` is a list. */
  async patch<T extends ApiObject>(
    ref: ObjectRef,
    patch: object | object[],
    subresource?: "status",
  ): Promise<T> {
    const contentType = Array.isArray(patch) ? "application/json-patch+json" : "application/merge-patch+json";
    return await this.json<T>({ method: "PATCH", path: pathOf(ref, subresource), body: patch, contentType });
  }

  /** True if something was deleted, false if there was nothing. */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
    const { signal, ...body } = options;
    try {
      await this.json({ method: "DELETE", path: pathOf(ref), body, ...(signal ? { signal } : {}) });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** One request and its whole answer, within a minute. */
  async json<T>(info: RequestInfo): Promise<T> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = info.signal ? AbortSignal.any([info.signal, timeout]) : timeout;
    const response = await this.request({ ...info, signal });
    try {
      return JSON.parse(await textOf(response)) as T;
    } catch (error) {
      throw new NetworkError(info, error); // the answer was cut off
    }
  }

  /**
   * Sends one request and returns the answer with its body still to be read. Throws an ApiError for a status
   * ≥ 400 and a NetworkError if no answer came.
   */
  async request(info: RequestInfo): Promise<HttpResponse> {
    await this.#hooks.before?.(info);
    const signal = joined(this.#signal, info.signal);
    const query = new URLSearchParams(info.query).toString();
    const url = `${this.#connection.server}${info.path}${query ? `?${query}` : ""}`;
    let response: HttpResponse;
    let refusal: unknown;
    const sending = () => {
      try {
        this.#hooks.sending?.(info);
      } catch (error) {
        refusal = error;
        throw error;
      }
    };
    try {
      const { headers, agent } = await this.#connection.access(url, info.method);
      response = await send(url, {
        method: info.method,
        headers: {
          ...headers,
          ...info.headers,
          accept: info.accept ?? "application/json",
          ...(info.body === undefined ? {} : { "content-type": info.contentType ?? "application/json" }),
        },
        ...(info.body === undefined ? {} : { body: JSON.stringify(info.body) }),
        agent,
        sending,
        headersTimeoutMs: REQUEST_TIMEOUT_MS,
        idleTimeoutMs: info.idleTimeoutMs ?? REQUEST_TIMEOUT_MS,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (refusal !== undefined) throw refusal;
      this.#hooks.after?.(info, 0);
      throw new NetworkError(info, error);
    }
    this.#hooks.after?.(info, response.statusCode);
    if (response.statusCode >= 400) {
      const retryAfter = response.headers["retry-after"];
      const text = await errorText(response).catch(() => "");
      throw new ApiError(info, response.statusCode, text, retryAfter);
    }
    return response;
  }
}

/** The metav1.Status of an error as JSON: a server answers errors in the encoding that was asked for. */
async function errorText(response: HttpResponse): Promise<string> {
  if (!isProtobuf(response.headers)) return await textOf(response, MAX_ERROR_BYTES);
  return JSON.stringify(statusObject(unwrapped(await bytesOf(response, MAX_ERROR_BYTES))));
}

function joined(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a && b ? AbortSignal.any([a, b]) : (a ?? b);
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
