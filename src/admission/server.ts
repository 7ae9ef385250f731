import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { JsonMeter } from "../cni/json-meter.ts";
import { ConnectionLimit } from "../listen/connection-limit.ts";
import type { Logger } from "../telemetry/logger.ts";
import { BodyBudget, type HeldBody } from "./body-budget.ts";
import type { ServingCertificate } from "./certificate.ts";
import { BodyTooLarge } from "./errors.ts";
import type { AdmissionMetrics } from "./metrics.ts";
import { type AdmissionView, reviewed } from "./reviewer.ts";
import { isSamePath } from "./secret-path.ts";

export interface WebhookOptions {
  /** 0 takes any free port. */
  port: number;
  /** The address to listen on; all of them if not said. */
  host?: string | undefined;
  certificate: ServingCertificate;
  view: AdmissionView;
  /** The path that the API server calls; undefined before it knows any. */
  path: () => string | undefined;
  log: Logger;
  metrics: AdmissionMetrics;
}

/** What the API server itself takes of a request (DefaultMaxRequestSizeBytes, k8s.io/apiserver). */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Of all requests together. */
const MAX_BODY_BYTES_IN_FLIGHT = 12 * 1024 * 1024;
/** A pod of 20 kB has about a thousand; each costs some fifty bytes once it is parsed. */
const MAX_VALUES = 100_000;
/** Go's encoding/json rejects what is nested deeper than 10,000; no Kubernetes object comes near this. */
const MAX_DEPTH = 200;
/** The API server gives up after 3 s: who is slower is not it, ms. */
const REQUEST_TIMEOUT_MS = 5000;
/** Until the TLS handshake is done, and until the first header is there, ms. */
const OPENING_TIMEOUT_MS = 3000;
/** How often the server closes what is too slow, ms. */
const CHECK_INTERVAL_MS = 1000;
const CONNECTIONS = { total: 256, perAddress: 128 };
/** An API server keeps its connections; one that closes first meets requests under way, ms. */
const KEEP_ALIVE_MS = 120_000;

/** Answers AdmissionReviews over TLS. What goes wrong here is answered with an error, and so with "go on" (failurePolicy Ignore). */
export class WebhookServer {
  readonly #server: Server;
  readonly #options: WebhookOptions;
  readonly #connections = new ConnectionLimit(CONNECTIONS);
  readonly #bodies = new BodyBudget(MAX_BODY_BYTES_IN_FLIGHT);
  #leaving = false;

  private constructor(options: WebhookOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        ...contextOf(options.certificate),
        keepAliveTimeout: KEEP_ALIVE_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: OPENING_TIMEOUT_MS,
        handshakeTimeout: OPENING_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#connections.guard(this.#server);
    // A handshake that fails is the client's affair: one that does not trust the certificate goes on without us.
    this.#server.on("tlsClientError", (error) => options.log.debug({ err: error }, "a TLS handshake failed"));
  }

  /** Throws where the port cannot be had. */
  static async start(options: WebhookOptions): Promise<WebhookServer> {
    const webhook = new WebhookServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    webhook.#server.once("error", reject);
    webhook.#server.listen(options.port, options.host, resolve);
    await promise;
    return webhook;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** New connections meet the new certificate; those that are open go on. */
  use(certificate: ServingCertificate): void {
    this.#server.setSecureContext(contextOf(certificate));
  }

  /**
   * Goes on answering for this long, ms, and asks each client to connect again: a replica that ends is still
   * called until every API server has learnt of it, and by then calls go to the others. Connections that wait
   * are not closed yet: the next request may be on its way.
   */
  async drain(ms: number): Promise<void> {
    this.#leaving = true;
    await sleep(ms);
  }

  /** Requests under way are answered; connections that wait for one are closed. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const late = setTimeout(() => this.#server.closeAllConnections(), REQUEST_TIMEOUT_MS);
    await closed;
    clearTimeout(late);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log, metrics, view, path } = this.#options;
    if (request.method !== "POST" || !isSamePath(request.url?.split("?")[0] ?? "", path()))
      return reject(request, response, 404, "not found");
    if (this.#leaving) response.setHeader("connection", "close");
    const ended = metrics.started();
    const notBusy = this.#connections.busy(request.socket);
    const body = this.#bodies.begin(() => request.destroy());
    try {
      const review: unknown = JSON.parse(await this.#read(request, body));
      const { body: answer, resource, verdict } = await reviewed(review, view);
      ended(resource, verdict);
      send(response, 200, answer);
    } catch (error) {
      ended("", "error");
      log.warn({ err: error }, "an admission request failed");
      if (error instanceof BodyTooLarge) reject(request, response, 413, error.message);
      else reject(request, response, 400, "the request is not a valid AdmissionReview");
    } finally {
      this.#bodies.end(body);
      notBusy();
    }
  }

  /** The text of a request. Throws a BodyTooLarge, before the rest is read. */
  async #read(request: IncomingMessage, held: HeldBody): Promise<string> {
    const chunks: Buffer[] = [];
    const meter = new JsonMeter();
    for await (const chunk of request as AsyncIterable<Buffer>) {
      meter.push(chunk);
      const { bytes, values, depth } = meter.size;
      if (bytes > MAX_BODY_BYTES) throw new BodyTooLarge(`is longer than ${MAX_BODY_BYTES} bytes`);
      if (values > MAX_VALUES) throw new BodyTooLarge(`has more than ${MAX_VALUES} values`);
      if (depth > MAX_DEPTH) throw new BodyTooLarge(`is nested deeper than ${MAX_DEPTH} levels`);
      this.#bodies.take(held, chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

function contextOf({ certificate, key }: ServingCertificate) {
  return { cert: certificate, key, minVersion: "TLSv1.2" as const };
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** An answer to what is not from an API server, or cannot be read: the connection ends with it, and no more is read. */
function reject(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  if (response.destroyed) return;
  response.setHeader("connection", "close");
  send(response, status, { message });
  response.once("finish", () => request.destroy());
}
