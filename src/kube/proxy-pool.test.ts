import { readFileSync } from "node:fs";
import { type Agent, createServer as createProxy, type RequestListener } from "node:http";
import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { expect, it } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { closedAfterEach } from "./cleanup.fixture.ts";
import { type HttpRequest, send, textOf } from "./http.ts";
import { socksProxy, tunnelingProxy } from "./proxies.fixture.ts";
import { throughProxy } from "./proxy-pool.ts";

const { certificate: cert, key } = selfSigned(["localhost", "::1"], new Date(), 86_400_000);
const KEEP_ALIVE_MS = 20_000;
const PROXIES = [
  ["an HTTP proxy", tunnelingProxy],
  ["a SOCKS proxy", socksProxy],
] as const;
const { stops, listening, running } = closedAfterEach();

async function serverPort(answer: RequestListener = (_, response) => response.end("ok")): Promise<number> {
  const server = createServer({ cert, key }, answer);
  stops.push(() => server.closeAllConnections());
  return await listening(server);
}

/** @param timeout of connections without a request, ms */
function agentOf(uri: string, timeout = 60_000): Agent {
  const agent = throughProxy(
    uri,
    { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, timeout, ca: cert },
    true,
  );
  stops.push(() => agent.destroy());
  return agent;
}

async function get(url: string, agent: Agent, options: Partial<HttpRequest> = {}): Promise<string> {
  const limits = { headersTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
  return await textOf(await send(url, { method: "GET", headers: {}, agent, ...limits, ...options }));
}

it.each(PROXIES)("reaches a server through %s whose address is one of IPv6", async (_, start) => {
  const { uri, opened } = await running(start("::1"));
  const port = await serverPort();
  expect(await get(`https://localhost:${port}`, agentOf(uri))).toBe("ok");
  expect(opened).toEqual([`localhost:${port}`]);
});

it("asks an HTTP proxy for an address of IPv6 in brackets, as any authority, and checks the certificate for the address", async () => {
  const { uri, opened } = await running(tunnelingProxy());
  const port = await serverPort();
  expect(await get(`https://[::1]:${port}`, agentOf(uri))).toBe("ok");
  expect(opened).toEqual([`[::1]:${port}`]);
  await expect(get(`https://[::2]:${port}`, agentOf(uri))).rejects.toMatchObject({
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

it.each(PROXIES)(
  "%s does not end a watch that is silent for longer than connections are kept",
  async (_, start) => {
    const { uri } = await running(start());
    const port = await serverPort((_request, response) => {
      response.write("a");
      setTimeout(() => response.end("b"), 300);
    });
    expect(await get(`https://localhost:${port}`, agentOf(uri, 50))).toBe("ab");
  },
);

/** Of the connections to this port: the timer of the kernel, 2 is that of keep-alive, and when it is due, s (proc_net_tcp). */
function timersOf(port: number): { kind: number; seconds: number }[] {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to, state]) => to?.endsWith(remote) && state === "01")
    .map(([, , , , , timer = ""]) => timer.split(":"))
    .map(([kind, jiffies = ""]) => ({ kind: Number(kind), seconds: Number.parseInt(jiffies, 16) / 100 }));
}

it.each(PROXIES)("has the kernel probe a connection through %s that is silent", async (_, start) => {
  const { uri, port: proxy } = await running(start());
  const port = await serverPort((_request, response) => response.write("begun"));
  const limits = { headersTimeoutMs: 60_000, idleTimeoutMs: 0 };
  await send(`https://localhost:${port}`, { method: "GET", headers: {}, agent: agentOf(uri), ...limits });
  await expect.poll(() => timersOf(proxy).map(({ kind }) => kind)).toEqual([2]);
  for (const { seconds } of timersOf(proxy)) expect(seconds).toBeLessThanOrEqual(KEEP_ALIVE_MS / 1000);
});

it("fails at once, and shows the proxy's answer, if an HTTP proxy refuses to connect", async () => {
  const proxy = createProxy().on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  const agent = agentOf(`http://127.0.0.1:${await listening(proxy)}`);
  await expect(get("https://localhost:6443", agent)).rejects.toMatchObject({
    code: "PROXY_REFUSED",
    message: "the proxy answered CONNECT localhost:6443 with 403 Forbidden",
  });
});

it("sends the credentials of the URL to an HTTP proxy", async () => {
  let sent: string | undefined;
  const proxy = createProxy().on("connect", ({ headers }, socket) => {
    sent = headers["proxy-authorization"];
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  const agent = agentOf(`http://user:p%40ss@127.0.0.1:${await listening(proxy)}`);
  await expect(get("https://localhost:6443", agent)).rejects.toThrow("407");
  expect(sent).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
});

it.each(["http", "socks5h"])(
  "a request that is aborted does not wait for a proxy that hangs, %s",
  async (scheme) => {
    const asked = Promise.withResolvers<void>();
    const hung = createTcpServer((socket) => {
      stops.push(() => socket.destroy());
      socket.on("error", () => {}).once("data", () => asked.resolve());
    });
    const agent = agentOf(`${scheme}://127.0.0.1:${await listening(hung)}`);
    const stop = new AbortController();
    const reason = new Error("no longer needed");
    const answer = get("https://localhost:6443", agent, { signal: stop.signal });
    await asked.promise;
    const began = performance.now();
    stop.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(5000);
  },
);
