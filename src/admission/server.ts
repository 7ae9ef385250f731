import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../telemetry/logger.ts";
import type { ServingCertificate } from "./certificate.ts";
import type { AdmissionMetrics } from "./metrics.ts";
import { WEBHOOK_PATH } from "./names.ts";
import { type AdmissionView, reviewed } from "./reviewer.ts";

export interface WebhookOptions {
  /** 0 takes any free port. */
  port: number;
  /** The address to listen on; all of them if not said. */
  host?: string | undefined;
  certificate: ServingCertificate;
  view: AdmissionView;
  log: Logger;
  metrics: AdmissionMetrics;
}

/** An API server takes requests of 3 MiB; an update carries the old object besides. */
const LONGEST_BODY = 8 * 1024 * 1024;
/** The API server gives up after 3 s: who is slower is not it, ms. */
const REQUEST_TIMEOUT_MS = 5000;
const MOST_CONNECTIONS = 512;
/** An API server keeps its connections; one that closes first meets requests under way, ms. */
const KEEP_ALIVE_MS = 120_000;

/** Answers AdmissionReviews over TLS. What goes wrong here is answered with an error, and so with "go on" (failurePolicy Ignore). */
export class WebhookServer {
  readonly #server: Server;
  readonly #options: WebhookOptions;
  #leaving = false;

  private constructor(options: WebhookOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        ...contextOf(options.certificate),
        keepAliveTimeout: KEEP_ALIVE_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
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
   * Goes on answering for so long, ms, and asks each client to connect anew: a replica that ends is still
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
    const { log, metrics, view } = this.#options;
    if (request.url?.split("?")[0] !== WEBHOOK_PATH || request.method !== "POST")
      return send(response, 404, { message: `POST an AdmissionReview to ${WEBHOOK_PATH}` });
    if (this.#leaving) response.setHeader("connection", "close");
    const ended = metrics.started();
    try {
      const { body, resource, verdict } = await reviewed(JSON.parse(await bodyOf(request)), view);
      ended(resource, verdict);
      send(response, 200, body);
    } catch (error) {
      ended("", "error");
      log.warn({ err: error }, "an admission request failed");
      if (!response.destroyed) send(response, 400, { message: "the request is not a valid AdmissionReview" });
    }
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

/** Throws where it is too long, and ends the connection: the rest is not read. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new BodyTooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** No API server sends this much. */
export class BodyTooLong extends Error {
  readonly code = "BODY_TOO_LONG";

  constructor() {
    super(`the request is longer than ${LONGEST_BODY} bytes`);
  }
}
