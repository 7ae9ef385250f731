import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { BorrowedControlPlane } from "../../cluster/shared-control-plane.ts";

/** Answered in the API server's place (true), let pass (false), or let pass and cut off in the middle of the answer. */
export type Fate = boolean | { cutAfterBytes: number; cutAfterMs?: number };
/** Decides about a request, at once or after a while. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => Fate | Promise<Fate>;

/** What the proxy needs to know of a control plane, of whichever kind. */
type Reached = Pick<BorrowedControlPlane, "caFile" | "directory" | "kubeconfig" | "server">;

/** Plain HTTP in front of a real API server: it passes everything on, but for what a test's `fault` answers. */
export class FaultProxy implements AsyncDisposable {
  /** Path of a kubeconfig that leads through the proxy, as admin. */
  readonly kubeconfig: string;
  fault: Fault | undefined;
  /** Each request as "GET /api/v1/pods?…", in the order of arrival. */
  readonly requests: string[] = [];
  connections = 0;
  readonly #server;
  readonly #agent: Agent;

  private constructor(plane: Reached, server: ReturnType<typeof createServer>) {
    const config = JSON.parse(readFileSync(plane.kubeconfig, "utf8")) as Kubeconfig;
    const user = config.users[0]?.user ?? {};
    const decoded = (key: string) => Buffer.from(user[key] ?? "", "base64");
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(plane.caFile),
      cert: decoded("client-certificate-data"),
      key: decoded("client-key-data"),
    });
    this.#server = server;
    const port = (server.address() as AddressInfo).port;
    for (const entry of config.clusters) entry.cluster = { server: `http://127.0.0.1:${port}` };
    this.kubeconfig = join(plane.directory, `proxy-${port}.kubeconfig`);
    writeFileSync(this.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    server.on("connection", () => this.connections++);
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => {
      this.requests.push(`${asked.method} ${asked.url}`);
      void this.#decide(plane.server, asked, answer);
    });
  }

  static async start(plane: Reached): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FaultProxy(plane, server);
  }

  /** Resets every connection, as a load balancer does that is replaced. */
  reset(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #decide(server: string, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const decided = this.fault?.(asked, answer) ?? false;
    const fate = decided instanceof Promise ? await decided : decided;
    if (fate === true || answer.destroyed) return;
    this.#pass(server, asked, answer);
    if (fate !== false) cutOff(answer, fate);
  }

  #pass(server: string, asked: IncomingMessage, answer: ServerResponse): void {
    const { host: _, ...headers } = asked.headers;
    const onward = request(
      `${server}${asked.url}`,
      { agent: this.#agent, method: asked.method, headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        answer.flushHeaders();
        reply.pipe(answer);
        reply.on("error", () => answer.destroy());
      },
    );
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  }
}

/** Destroys the connection after so many bytes of the body, or of silence after so many ms. */
function cutOff(answer: ServerResponse, { cutAfterBytes, cutAfterMs }: Exclude<Fate, boolean>): void {
  let left = cutAfterBytes;
  const write = answer.write.bind(answer) as (chunk: Buffer, done?: () => void) => boolean;
  const cut = () => answer.destroy();
  answer.write = ((chunk: Buffer) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    return left > 0 ? write(part) : write(part, cut);
  }) as typeof answer.write;
  if (cutAfterMs === undefined) return;
  const timer = setTimeout(cut, cutAfterMs);
  answer.on("close", () => clearTimeout(timer));
}

/** An error as the API server answers it. */
export function refuseWith(response: ServerResponse, status: number, reason: string, message = reason): true {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", reason, message, code: status };
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  return true;
}

export function isWatch(request: IncomingMessage): boolean {
  return request.url?.includes("watch=true") ?? false;
}

/** One frame of a watch, and then a clean end. */
export function watchEnding(response: ServerResponse, frame?: object): true {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(frame ? `${JSON.stringify(frame)}\n` : "");
  return true;
}

/** The frame with which an API server ends a watch in error. */
export function errorFrame(code: number, reason: string): object {
  return {
    type: "ERROR",
    object: {
      apiVersion: "v1",
      kind: "Status",
      metadata: {},
      status: "Failure",
      code,
      reason,
      message: reason,
    },
  };
}

interface Kubeconfig {
  clusters: { cluster: object }[];
  users: { user: Record<string, string> }[];
}
