import { type Agent, request as overTcp, type RequestOptions, Agent as TcpAgent } from "node:http";
import { type AgentOptions, request as overTls, Agent as TlsAgent } from "node:https";
import { isIPv6, type Socket } from "node:net";
import { urlToHttpOptions } from "node:url";
import { SocksProxyAgent } from "socks-proxy-agent";
import { HttpTimeout, ProxyRefused } from "./errors.ts";

/** Until an HTTP proxy has answered CONNECT, ms. */
const TUNNEL_TIMEOUT_MS = 10_000;

/** Connections through the HTTP or SOCKS proxy at `uri`. In a separate file, which is loaded only if it is needed. */
export function throughProxy(uri: string, options: AgentOptions, isTls: boolean): Agent {
  if (uri.startsWith("socks")) return new SocksTunnels(uri, options);
  return isTls ? new TlsTunnels(uri, options) : new TcpTunnels(uri, options);
}

/** TLS connections through an HTTP proxy. */
class TlsTunnels extends TlsAgent {
  readonly #proxy: HttpProxy;

  constructor(uri: string, options: AgentOptions) {
    super(options);
    this.#proxy = new HttpProxy(uri, options);
  }

  override createConnection(...[options, callback]: Parameters<TlsAgent["createConnection"]>) {
    this.#proxy.connect(options, (error, socket) => {
      if (socket)
        callback?.(null, super.createConnection({ ...options, socket } as typeof options) as Socket);
      else callback?.(error, undefined as never);
    });
    return undefined;
  }
}

/** Connections without TLS through an HTTP proxy. */
class TcpTunnels extends TcpAgent {
  readonly #proxy: HttpProxy;

  constructor(uri: string, options: AgentOptions) {
    super(options);
    this.#proxy = new HttpProxy(uri, options);
  }

  override createConnection(...[options, callback]: Parameters<TcpAgent["createConnection"]>) {
    this.#proxy.connect(options, (error, socket) => callback?.(error, socket as Socket));
    return undefined;
  }
}

type Target = Pick<RequestOptions, "host" | "port">;

/** A proxy that opens tunnels with CONNECT (RFC 9110, 9.3.6). */
class HttpProxy {
  readonly #url: URL;
  readonly #keepAliveMs: number | undefined;

  constructor(uri: string, { keepAliveMsecs }: AgentOptions) {
    this.#url = new URL(uri);
    this.#keepAliveMs = keepAliveMsecs;
  }

  /** `opened` gets the connection, or why there is none. */
  connect({ host, port }: Target, opened: (error: Error | null, socket?: Socket) => void): void {
    const target = `${isIPv6(host ?? "") ? `[${host}]` : host}:${port}`;
    const { auth, ...address } = urlToHttpOptions(this.#url);
    const credentials = auth && { "proxy-authorization": `Basic ${Buffer.from(auth).toString("base64")}` };
    const request = (this.#url.protocol === "https:" ? overTls : overTcp)({
      ...address,
      method: "CONNECT",
      path: target,
      headers: { host: target, connection: "keep-alive", ...credentials },
      agent: false,
      timeout: TUNNEL_TIMEOUT_MS,
    });
    const silence = "the proxy has not opened a connection";
    request.once("timeout", () => request.destroy(new HttpTimeout(silence, TUNNEL_TIMEOUT_MS)));
    request.on("error", opened);
    request.once("connect", ({ statusCode = 0, statusMessage }, socket: Socket) => {
      socket.removeAllListeners("timeout").setTimeout(0).setKeepAlive(true, this.#keepAliveMs);
      if (statusCode >= 200 && statusCode < 300) return opened(null, socket);
      socket.destroy();
      opened(new ProxyRefused(`the proxy answered CONNECT ${target} with ${statusCode} ${statusMessage}`));
    });
    request.end();
  }
}

/**
 * Connections through a SOCKS proxy. The limit for silence is the request's: that of SocksProxyAgent would end each watch
 * between two bookmarks. Without it, the proxy has 30 s to open a connection (the default of SocksClient).
 * The proxy looks names up, as for client-go: `ssh -D` often leads to servers that only the other side has names for.
 */
class SocksTunnels extends SocksProxyAgent {
  readonly #keepAliveMs: number | undefined;

  constructor(uri: string, options: AgentOptions) {
    super(uri.replace(/^socks5:/, "socks5h:"), options);
    this.#keepAliveMs = options.keepAliveMsecs;
    this.timeout = null;
    const { host } = this.proxy;
    if (host) this.proxy.host = host.replace(/^\[(.*)\]$/, "$1");
  }

  override async connect(...[request, options]: Parameters<SocksProxyAgent["connect"]>): Promise<Socket> {
    request.once("proxy", ({ socket }: { socket: Socket }) => socket.setKeepAlive(true, this.#keepAliveMs));
    return await super.connect(request, options);
  }
}
