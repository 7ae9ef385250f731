import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import { endingWhenSilent } from "./connection-silence.ts";

/** How client-node would make its connections: directly or through a proxy, with which certificates. */
export type PoolOptions = ReturnType<KubeConfig["createDispatcherOptions"]>;

/**
 * How long a connection without requests is kept, ms; the API server keeps it for 90 s. With the 4 s of undici 8.12.4, its
 * "socket idle timeout" was once an uncaught exception on a busy machine, which ends the operator.
 */
const IDLE_MS = 60_000;

/** Until a proxy has answered CONNECT, ms; undici would wait for five minutes. */
const TUNNEL_TIMEOUT_MS = 10_000;

/**
 * A pool of connections, of which those over HTTP/2 end when the server answers no ping (connection-silence.ts).
 * Undefined for SOCKS: client-node makes these connections, over HTTP/1.1 only.
 */
export function connectionPool(options: PoolOptions, pingIntervalMs: number): Dispatcher | undefined {
  const checked: Agent.Options = {
    h2Options: { pingInterval: pingIntervalMs },
    keepAliveTimeout: IDLE_MS,
    factory: (origin, { connect, ...rest }: Pool.Options) => {
      const connector =
        typeof connect === "function"
          ? connect
          : buildConnector({ ...connect, allowH2: rest.allowH2 ?? true } as buildConnector.BuildOptions);
      return new Pool(origin, { ...rest, connect: endingWhenSilent(connector, pingIntervalMs) });
    },
  };
  switch (options.type) {
    case "socks":
      return undefined;
    case "proxy":
      return new ProxyAgent({
        ...checked,
        uri: options.uri,
        requestTls: options.requestTls as buildConnector.BuildOptions,
        clientFactory: (origin, rest: Pool.Options) =>
          new Pool(origin, { ...rest, headersTimeout: TUNNEL_TIMEOUT_MS }),
      });
    case "agent":
      return new Agent({ ...checked, connect: options.connect as buildConnector.BuildOptions });
    case "none":
      return new Agent(checked);
  }
}
