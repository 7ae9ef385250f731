import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";

/** How client-node would make its connections: directly or through a proxy, with which certificates. */
export type PoolOptions = ReturnType<KubeConfig["createDispatcherOptions"]>;

/** How long a connection without requests is kept, ms; the API server keeps it for 90 s. */
const IDLE_MS = 60_000;

/**
 * Silence until the kernel probes a connection, ms. It then probes once a second, and after ten probes without an answer
 * the connection ends (libuv's TCP_KEEPINTVL and TCP_KEEPCNT): a server that is gone without a trace is noticed after 30 s.
 */
export const KEEP_ALIVE_MS = 20_000;

/** Until a proxy has answered CONNECT, ms; undici would wait for five minutes. */
const TUNNEL_TIMEOUT_MS = 10_000;

/**
 * A pool of connections over HTTP/1.1, each for one request or watch at a time; why not HTTP/2: docs/adr/0022.
 * Undefined for SOCKS: client-node makes these connections, over HTTP/1.1 as well.
 */
export function connectionPool(options: PoolOptions, keepAliveMs = KEEP_ALIVE_MS): Dispatcher | undefined {
  const shared: Agent.Options = { allowH2: false, keepAliveTimeout: IDLE_MS };
  const probed = { allowH2: false, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  switch (options.type) {
    case "socks":
      return undefined;
    case "proxy":
      return new ProxyAgent({
        ...shared,
        uri: options.uri,
        requestTls: { ...options.requestTls, ...probed } as buildConnector.BuildOptions,
        proxyTls: probed as buildConnector.BuildOptions,
        clientFactory: (origin, rest: Pool.Options) =>
          new Pool(origin, { ...rest, headersTimeout: TUNNEL_TIMEOUT_MS }),
      });
    case "agent":
      return new Agent({
        ...shared,
        connect: { ...options.connect, ...probed } as buildConnector.BuildOptions,
      });
    case "none":
      return new Agent({ ...shared, connect: probed as buildConnector.BuildOptions });
  }
}
