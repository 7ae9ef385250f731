import type { Agent } from "node:http";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { closedAfterEach } from "./cleanup.fixture.ts";
import { connectionPool, MAX_IDLE, type PoolOptions, retire } from "./connection-pool.ts";
import { send, textOf } from "./http.ts";
import { socksProxy, tunnelingProxy } from "./proxies.fixture.ts";

const { certificate: cert, key } = selfSigned(["localhost"], new Date(), 86_400_000);
/** A busy machine takes a while for twenty TLS handshakes. */
const WAIT = { timeout: 30_000 };
const DIRECT: PoolOptions = { type: "agent", connect: { ca: cert } };
const { stops, listening, running } = closedAfterEach();

async function pool(options: PoolOptions): Promise<Agent> {
  const made = await connectionPool("https://localhost", options);
  stops.push(() => made.destroy());
  return made;
}

async function get(url: string, agent: Agent, headers: Record<string, string[]> = {}): Promise<string> {
  const limits = { headersTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
  return await textOf(await send(url, { method: "GET", headers, agent, ...limits }));
}

/** A server that answers each request at once, but /watch only when it is released. */
async function watchable() {
  const open = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let connections = 0;
  const server = createSecureServer({ cert, key, allowHTTP1: true }, ({ url }, response) => {
    if (url === "/watch") waiting.push(() => response.end("end"));
    else response.end("ok");
  });
  server.on("secureConnection", (socket) => {
    connections++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  const url = `https://localhost:${await listening(server)}`;
  return { url, open, waiting, connections: () => connections };
}

it("speaks HTTP/1.1 with a server that offers HTTP/2 first, directly and through proxies", async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createSecureServer(
    { cert, key, allowHTTP1: true },
    ({ httpVersion, rawHeaders }, response) => response.end(JSON.stringify({ httpVersion, rawHeaders })),
  );
  server.on("session", (session) => sessions.push(session));
  const port = await listening(server);
  const tunnel = await running(tunnelingProxy());
  const socks = await running(socksProxy());
  const requestTls = { ca: cert };
  for (const agent of [
    await pool(DIRECT),
    await pool({ type: "proxy", uri: tunnel.uri, requestTls, connect: {} }),
    await pool({ type: "socks", uri: socks.uri, requestTls }),
  ]) {
    const answer = await get(`https://localhost:${port}`, agent, { "impersonate-group": ["a", "b"] });
    const { httpVersion, rawHeaders } = JSON.parse(answer) as { httpVersion: string; rawHeaders: string[] };
    expect(httpVersion).toBe("1.1");
    // kubectl multus --as-group: one line each, as the API server reads them.
    expect(rawHeaders.filter((_, i) => rawHeaders[i - 1] === "impersonate-group")).toEqual(["a", "b"]);
  }
  expect([tunnel.opened, socks.opened]).toEqual([[`localhost:${port}`], [`localhost:${port}`]]);
  expect(sessions).toEqual([]);
});

it("trusts only the CA that it was given, directly and through proxies", async () => {
  const { certificate: another } = selfSigned(["localhost"], new Date(), 86_400_000);
  const { url } = await watchable();
  const requestTls = { ca: another };
  for (const options of [
    { type: "none" },
    { type: "agent", connect: { ca: another } },
    { type: "proxy", uri: (await running(tunnelingProxy())).uri, requestTls, connect: {} },
    { type: "socks", uri: (await running(socksProxy())).uri, requestTls },
  ] satisfies PoolOptions[])
    await expect(get(url, await pool(options))).rejects.toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
  expect(await get(url, await pool({ type: "agent", connect: { rejectUnauthorized: false } }))).toBe("ok");
});

it("keeps a connection for the next request, and opens another one while it is in use", async () => {
  const { url, waiting, connections } = await watchable();
  const agent = await pool(DIRECT);
  await get(`${url}/one`, agent);
  await setImmediate(); // a connection is free a moment after the last byte
  await get(`${url}/two`, agent);
  expect(connections()).toBe(1);
  const watch = get(`${url}/watch`, agent);
  await expect.poll(() => waiting.length, WAIT).toBe(1);
  expect(await get(`${url}/three`, agent)).toBe("ok");
  expect(connections()).toBe(2);
  waiting[0]?.();
  expect(await watch).toBe("end");
});

it("lets no request wait for another one, and keeps few connections when many requests have ended", async () => {
  const { url, waiting, open, connections } = await watchable();
  const agent = await pool(DIRECT);
  const many = Array.from({ length: 5 * MAX_IDLE }, () => get(`${url}/watch`, agent));
  for (const each of many) each.catch(() => {}); // if a step before their end fails
  await expect.poll(() => waiting.length, WAIT).toBe(many.length);
  expect(await get(`${url}/one`, agent)).toBe("ok");
  for (const end of waiting) end();
  await Promise.all(many);
  await expect.poll(() => open.size, WAIT).toBe(MAX_IDLE);
  const before = connections();
  await get(`${url}/two`, agent);
  expect(connections()).toBe(before);
});

it("a retired pool lets a watch go on to its end, and keeps no connection", async () => {
  const { url, waiting, open } = await watchable();
  const agent = await pool(DIRECT);
  const watch = get(`${url}/watch`, agent);
  await expect.poll(() => waiting.length, WAIT).toBe(1);
  await get(`${url}/one`, agent);
  await expect.poll(() => open.size, WAIT).toBe(2);
  retire(agent);
  await expect.poll(() => open.size, WAIT).toBe(1);
  waiting[0]?.();
  expect(await watch).toBe("end");
  await expect.poll(() => open.size, WAIT).toBe(0);
});
