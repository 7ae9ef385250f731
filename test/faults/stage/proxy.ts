import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request as send } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "../../cluster/control-plane.ts";
import { isDecisive, parseRequest, placeOf, type Request } from "../place.ts";

/** A request as it went through the proxy. */
export interface Exchange {
  /** Which of the plan's operators, counted from 0. */
  victim: number;
  at: number;
  method: string;
  url: string;
  request: Request;
  place: string;
  /** How often the plan's operators have sent this one by now, from 1. */
  occurrence: number;
  body: unknown;
  /** Places of the lists that this operator's decisions rest on, and that it has asked for and never got. */
  unanswered: readonly string[];
  /** Undefined: none came. */
  status: number | undefined;
  /** When the answer went to the victim, if it did. */
  answeredAt?: number;
  /** Whether the answer, or its absence, is a fault's. */
  isFaulty: boolean;
  /** What an error says. */
  message?: string;
}

export interface Frame {
  type: string;
  object: {
    metadata?: { resourceVersion?: string; name?: string; namespace?: string };
    [field: string]: unknown;
  };
}

/** What is left of a watch on its way to the victim. */
export interface Stream {
  send(frame: Frame): void;
  /** As a server does when the time of a watch is over. */
  end(): void;
  /** As a network does. */
  reset(): void;
}

/** What becomes of a watch: of its opening, and of each frame. */
export interface StreamFault {
  open?(stream: Stream): void;
  frame(frame: Frame, stream: Stream): void;
  /** The server has ended it. */
  end?(stream: Stream): void;
}

export interface Refusal {
  status: number;
  reason: string;
  retryAfter?: number;
}

/** What happens to one exchange; nothing if all is undefined. */
export interface Fate {
  /** Before anything else, ms. */
  delayMs?: number;
  /** Not passed on at all. */
  instead?: Refusal | "reset" | "hang";
  /** Asked of the server in place of what the victim asked. */
  query?: Record<string, string>;
  /** The server has done it; this is what the victim hears of it. */
  reply?: Refusal | "reset" | "hang" | { cutAfterBytes: number };
  /** The server has done it. */
  onDone?: () => void;
  /** The victim has the answer. */
  onHeard?: () => void;
  stream?: StreamFault;
}

export type Decide = (exchange: Exchange) => Fate | undefined | Promise<Fate | undefined>;

/** Plain HTTP in front of a real API server, one for each victim; it knows the operator's account as an administrator does. */
export class VictimProxy {
  /** Path of a kubeconfig that leads through it. */
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #options: ProxyOptions;
  readonly #unanswered = new Map<string, boolean>();
  #isOpen = true;

  private constructor(server: Server, options: ProxyOptions) {
    this.#server = server;
    this.#options = options;
    const { port } = server.address() as AddressInfo;
    const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
    const named = (entry: object) => [{ name: "proxy", ...entry }];
    this.kubeconfig = join(options.plane.directory, `victim-${port}.kubeconfig`);
    writeFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: named({ cluster }),
        users: named({ user: {} }),
        contexts: named({ context: { cluster: "proxy", user: "proxy" } }),
        "current-context": "proxy",
      }),
      { mode: 0o600 },
    );
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => {
      this.#serve(asked, answer).catch(() => answer.destroy());
    });
  }

  static async start(options: ProxyOptions): Promise<VictimProxy> {
    const server = createServer({ keepAliveTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new VictimProxy(server, options);
  }

  /** Every connection breaks; new ones are served. */
  reset(): void {
    this.#server.closeAllConnections();
  }

  /** Nothing gets through any more: its victim is dead. */
  close(): void {
    this.#isOpen = false;
    this.reset();
    this.#server.close();
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = "", url = "" } = asked;
    const text = await textOf(asked);
    const body = text === "" ? undefined : parsed(text);
    const request = parseRequest({ method, url, body });
    const place = placeOf(request);
    const exchange: Exchange = {
      victim: this.#options.victim,
      at: performance.now(),
      ...{ method, url, request, place, body },
      occurrence: this.#options.count(place),
      unanswered: [...this.#unanswered].filter(([, open]) => open).map(([list]) => list),
      status: undefined,
      isFaulty: false,
    };
    if (request.verb === "list" && isDecisive(request) && !this.#unanswered.has(place))
      this.#unanswered.set(place, true);
    this.#options.log.push(exchange);
    const fate = (await this.#options.decide(exchange)) ?? {};
    if (fate.delayMs !== undefined) await sleep(fate.delayMs);
    if (!this.#isOpen || answer.destroyed) return;
    if (fate.instead !== undefined) {
      exchange.isFaulty = true;
      if (typeof fate.instead === "object") exchange.status = fate.instead.status;
      reply(answer, fate.instead);
      return;
    }
    this.#pass(exchange, text, asked, answer, fate);
  }

  #pass(exchange: Exchange, text: string, asked: IncomingMessage, answer: ServerResponse, fate: Fate): void {
    const { plane, agent } = this.#options;
    const { host: _, connection: __, ...headers } = asked.headers;
    const target = new URL(exchange.url, plane.server);
    for (const [name, value] of Object.entries(fate.query ?? {})) target.searchParams.set(name, value);
    const onward = send(
      target,
      { agent, method: exchange.method, headers: { ...headers, ...this.#options.identity } },
      (response) => {
        exchange.status = response.statusCode;
        if (exchange.request.verb === "watch" && response.statusCode === 200)
          passStream(response, answer, fate.stream);
        else this.#passAnswer(exchange, response, answer, fate).catch(() => answer.destroy());
      },
    );
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    onward.end(text === "" ? undefined : text);
  }

  async #passAnswer(
    exchange: Exchange,
    response: IncomingMessage,
    answer: ServerResponse,
    fate: Fate,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch {
      answer.destroy();
      return;
    }
    const body = Buffer.concat(chunks);
    if ((response.statusCode ?? 0) >= 400) exchange.message = messageOf(body);
    fate.onDone?.();
    if (!this.#isOpen) return;
    if (fate.reply !== undefined) {
      exchange.isFaulty = true;
      if (typeof fate.reply === "object" && "cutAfterBytes" in fate.reply) {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        answer.write(body.subarray(0, fate.reply.cutAfterBytes), () => answer.destroy());
      } else reply(answer, fate.reply);
      return;
    }
    if (response.statusCode === 200 && this.#unanswered.has(exchange.place))
      this.#unanswered.set(exchange.place, false);
    const { "transfer-encoding": _, ...headers } = response.headers;
    exchange.answeredAt = performance.now();
    answer.writeHead(response.statusCode ?? 502, { ...headers, "content-length": body.length });
    answer.end(body, () => fate.onHeard?.());
  }
}

export interface ProxyOptions {
  plane: ControlPlane;
  agent: Agent;
  victim: number;
  /** Headers that make the request one of the operator's account. */
  identity: Record<string, string | string[]>;
  /** Which occurrence of this place it is. */
  count: (place: string) => number;
  log: Exchange[];
  decide: Decide;
}

/** Connections to the API server as an administrator, who may act for the operator's account. */
export function adminAgent(plane: ControlPlane): Agent {
  const { users } = JSON.parse(readFileSync(plane.kubeconfig, "utf8")) as {
    users: { user: Record<string, string> }[];
  };
  const decoded = (key: string) => Buffer.from(users[0]?.user[key] ?? "", "base64");
  return new Agent({
    keepAlive: true,
    ca: readFileSync(plane.caFile),
    cert: decoded("client-certificate-data"),
    key: decoded("client-key-data"),
  });
}

function passStream(response: IncomingMessage, answer: ServerResponse, fault: StreamFault | undefined): void {
  answer.writeHead(200, response.headers);
  answer.flushHeaders();
  if (!fault || !String(response.headers["content-type"]).includes("json")) {
    response.pipe(answer);
    response.on("error", () => answer.destroy());
    return;
  }
  const stream: Stream = {
    send: (frame) => {
      if (!answer.destroyed && !answer.writableEnded) answer.write(`${JSON.stringify(frame)}\n`);
    },
    end: () => answer.end(),
    reset: () => answer.destroy(),
  };
  fault.open?.(stream);
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) fault.frame(JSON.parse(line) as Frame, stream);
  });
  response.on("end", () => (fault.end ? fault.end(stream) : answer.end()));
  response.on("error", () => answer.destroy());
}

function reply(answer: ServerResponse, fate: Refusal | "reset" | "hang"): void {
  if (fate === "hang") return;
  if (fate === "reset") {
    answer.destroy();
    return;
  }
  const { status, reason, retryAfter } = fate;
  const message = `${reason} by the plan`;
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", reason, message, code: status };
  answer.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  answer.end(JSON.stringify(body));
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(body: Buffer): string {
  const { message } = parsed(body.toString()) as { message?: string };
  return message ?? body.toString().slice(0, 200);
}
