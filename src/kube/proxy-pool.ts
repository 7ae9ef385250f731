import type { Agent } from "node:http";
import type { AgentOptions, Agent as TlsAgent } from "node:https";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import { SocksProxyAgent } from "socks-proxy-agent";

/** Until a proxy has answered CONNECT, ms. */
const TUNNEL_TIMEOUT_MS = 10_000;

/** Connections through the HTTP or SOCKS proxy at `uri`. In a separate file, which is loaded only if it is needed. */
export function throughProxy(uri: string, options: AgentOptions, isTls: boolean): Agent {
  if (uri.startsWith("socks")) return new SocksProxyAgent(uri, options);
  return isTls ? new Tunnels({ ...options, proxy: uri }) : new HttpProxyAgent({ ...options, proxy: uri });
}

/** A proxy's answer to CONNECT is not waited for indefinitely. */
class Tunnels extends HttpsProxyAgent {
  override createConnection(...[options, callback]: Parameters<TlsAgent["createConnection"]>) {
    return super.createConnection({ ...options, timeout: TUNNEL_TIMEOUT_MS }, callback);
  }
}
