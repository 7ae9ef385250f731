import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectionLimit } from "../listen/connection-limit.ts";
import type { Metrics } from "./metrics.ts";

/** A check throws, or returns a sentence, when something is wrong. */
export type Check = () => string | undefined;

export interface HealthOptions {
  /** 0 takes any free port. */
  port: number;
  live: Record<string, Check>;
  ready: Record<string, Check>;
  metrics: Metrics;
}

/** The kubelet and a few Prometheus servers: none needs more. */
const CONNECTIONS = { total: 64, perAddress: 16 };
const TIMEOUTS = {
  requestTimeout: 5000,
  headersTimeout: 3000,
  connectionsCheckingInterval: 1000,
  /** Prometheus scrapes at least once a minute, and keeps its connection, ms. */
  keepAliveTimeout: 90_000,
};

/** Answers /healthz, /readyz and /metrics for the kubelet and Prometheus; it takes no input. */
export class HealthServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(options: HealthOptions): Promise<HealthServer> {
    const server = createServer(TIMEOUTS, (request, response) => {
      const answer = (status: number, text: string, type = "text/plain; charset=utf-8") => {
        response.writeHead(status, { "content-type": type });
        response.end(text);
      };
      switch (request.url?.split("?")[0]) {
        case "/healthz":
        case "/livez":
          return answer(...report(options.live));
        case "/readyz":
          return answer(...report(options.ready));
        case "/metrics":
          return void options.metrics.registry
            .metrics()
            .then((text) => answer(200, text, options.metrics.registry.contentType))
            .catch((error: unknown) => answer(500, String(error)));
        default:
          return answer(404, "not found; available paths: /healthz, /readyz and /metrics\n");
      }
    });
    new ConnectionLimit(CONNECTIONS).guard(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen(options.port, resolve);
    await promise;
    return new HealthServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function report(checks: Record<string, Check>): [number, string] {
  const lines = Object.entries(checks).map(([name, check]) => ({ name, problem: run(check) }));
  const failed = lines.some(({ problem }) => problem !== undefined);
  const text = lines.map(({ name, problem }) =>
    problem === undefined ? `[+] ${name} ok` : `[-] ${name}: ${problem}`,
  );
  return [failed ? 503 : 200, `${text.join("\n")}\n`];
}

function run(check: Check): string | undefined {
  try {
    return check();
  } catch (error) {
    return String(error);
  }
}
