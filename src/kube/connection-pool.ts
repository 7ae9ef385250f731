import { Agent as TcpAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import type { KubeConfig } from "@kubernetes/client-node";

/** How client-node would make its connections: directly or through a proxy, with which certificates. */
export type PoolOptions = ReturnType<KubeConfig["createDispatcherOptions"]>;

/** How long a connection without requests is kept, ms; the API server keeps it for 90 s. */
const IDLE_MS = 60_000;

/**
 * How many connections without requests are kept. Many requests at once, as at the start, open as many connections: none
 * waits for another one, which may hang. Those that are not needed later end with their requests.
 */
export const MAX_IDLE = 4;

/**
 * Silence until the kernel probes a connection, ms. It then probes once a second, and after ten probes without an answer
 * the connection ends (libuv's TCP_KEEPINTVL and TCP_KEEPCNT): a server that is gone without a trace is noticed after 30 s.
 */
export const KEEP_ALIVE_MS = 20_000;

/** Connections over HTTP/1.1, each for one request or watch at a time; why not HTTP/2: docs/adr/0022. */
export async function connectionPool(
  server: string,
  options: PoolOptions,
  keepAliveMs = KEEP_ALIVE_MS,
): Promise<TcpAgent> {
  const kept = {
    keepAlive: true,
    keepAliveMsecs: keepAliveMs,
    maxFreeSockets: MAX_IDLE,
    timeout: IDLE_MS,
  };
  const isTls = server.startsWith("https:");
  switch (options.type) {
    case "socks":
    case "proxy": {
      const { throughProxy } = await import("./proxy-pool.ts");
      return throughProxy(options.uri, { ...kept, ...shared(options.requestTls) }, isTls);
    }
    case "agent":
      return isTls ? new TlsAgent({ ...kept, ...shared(options.connect) }) : new TcpAgent(kept);
    case "none":
      return isTls ? new TlsAgent({ ...kept, ...shared({}) }) : new TcpAgent(kept);
  }
}

/** Lets running requests end, and their connections with them. */
export function retire(pool: TcpAgent): void {
  pool.maxFreeSockets = 0;
  for (const socket of Object.values(pool.freeSockets).flat()) socket?.destroy();
}

/** One copy of the certificates for all connections: Node would parse them again for each. */
function shared({ ca, cert, key, pfx, passphrase, ...others }: ConnectionOptions): ConnectionOptions {
  const material = Object.entries({ ca, cert, key, pfx, passphrase }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...others, secureContext: createSecureContext(Object.fromEntries(material)) };
}
