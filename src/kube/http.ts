import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as overTcp,
} from "node:http";
import { request as overTls } from "node:https";
import type { Socket } from "node:net";
import { HttpTimeout } from "./errors.ts";

export interface HttpRequest {
  method: string;
  headers: Readonly<Record<string, string | string[]>>;
  body?: string;
  agent: Agent;
  signal?: AbortSignal;
  /** Called once the connection is open, just before the first byte: what it throws is the reason that nothing is sent. */
  sending?: () => void;
  /** Until a new connection is open, its TLS handshake included, ms; 10 s if not set. */
  connectTimeoutMs?: number;
  /** Until the answer begins, ms. */
  headersTimeoutMs: number;
  /** Longest silence in the answer's body, ms; 0: no limit. */
  idleTimeoutMs: number;
}

/** An answer whose body is still to be read; it throws when the answer is cut off. */
export interface HttpResponse {
  statusCode: number;
  headers: IncomingHttpHeaders;
  body: AsyncIterable<Buffer>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Sends one request over HTTP/1.1 with Node's own client; why: docs/adr/0022. Rejects if no answer begins. When `signal` is
 * aborted, the connection ends with the request, also while the body is read.
 */
export async function send(url: string, options: HttpRequest): Promise<HttpResponse> {
  const { method, body, agent, signal, idleTimeoutMs } = options;
  signal?.throwIfAborted();
  // Node sends the body of a DELETE without its length, and the server takes it for the next request.
  const headers =
    body === undefined
      ? options.headers
      : { ...options.headers, "content-length": String(Buffer.byteLength(body)) };
  const request = (url.startsWith("https:") ? overTls : overTcp)(url, { method, headers, agent });
  const answered = Promise.withResolvers<IncomingMessage>();
  let response: IncomingMessage | undefined;
  request.once("response", (begun: IncomingMessage) => {
    response = begun.on("error", () => {}); // those who read it get the error as well
    begun.socket.setTimeout(idleTimeoutMs);
    answered.resolve(begun);
  });
  const end = (reason: Error) => {
    (response ?? request).destroy(reason);
    answered.reject(reason); // a request that still waits for a connection reports nothing until it has one
  };
  const abort = () => end(signal?.reason as Error);
  signal?.addEventListener("abort", abort);
  request.once("close", () => signal?.removeEventListener("abort", abort));
  request.once("socket", (socket: OpeningSocket) => {
    limitSilence(socket, options, request, end);
    whenOpen(socket, () => {
      if (request.destroyed) return;
      try {
        options.sending?.();
      } catch (error) {
        return end(error as Error);
      }
      request.end(body);
    });
  });
  // An error while the body is read reaches the request, too; without a listener it would end the process.
  request.on("error", answered.reject);
  const answer = await answered.promise;
  return { statusCode: answer.statusCode ?? 0, headers: answer.headers, body: answer };
}

type OpeningSocket = Socket & { secureConnecting?: boolean };

/** The event with which a connection is open; undefined if it is. */
function openingOf(socket: OpeningSocket): "secureConnect" | "connect" | undefined {
  return socket.secureConnecting ? "secureConnect" : socket.connecting ? "connect" : undefined;
}

function whenOpen(socket: OpeningSocket, act: () => void): void {
  const opening = openingOf(socket);
  if (opening) socket.once(opening, act);
  else act();
}

/** While a request has the connection, silence in both directions ends it; the agent sets the limit of a free one. */
function limitSilence(
  socket: OpeningSocket,
  options: HttpRequest,
  request: ClientRequest,
  end: (why: Error) => void,
): void {
  const { headersTimeoutMs, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const opening = openingOf(socket);
  let silence = "the server has sent nothing";
  socket.setTimeout(headersTimeoutMs);
  if (opening) {
    silence = "the server has not accepted the connection";
    socket.setTimeout(connectTimeoutMs);
    socket.once(opening, () => {
      silence = "the server has sent nothing";
      socket.setTimeout(headersTimeoutMs);
    });
  }
  const silent = () => end(new HttpTimeout(silence, socket.timeout ?? 0));
  socket.on("timeout", silent);
  request.once("close", () => socket.off("timeout", silent));
}

/** The body of an answer; if it is longer than `limit`, its beginning, and the connection ends. */
export async function bytesOf({ body }: HttpResponse, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

/** The same as text. */
export async function textOf(response: HttpResponse, limit?: number): Promise<string> {
  return (await bytesOf(response, limit)).toString("utf8");
}
