import { createServer as createProxy, type IncomingMessage } from "node:http";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, type Server } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type Dispatcher, request } from "undici";
import { afterEach, expect, it } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { connectionPool, type PoolOptions } from "./connection-pool.ts";

const { certificate: cert, key } = selfSigned(["localhost"], new Date(), 86_400_000);
const DIRECT: PoolOptions = { type: "agent", connect: { ca: cert } };
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function pool(options: PoolOptions): Dispatcher {
  const made = connectionPool(options);
  if (!made) throw new Error(`no pool for ${options.type}`);
  stops.push(() => made.destroy());
  return made;
}

/** A proxy of HTTP CONNECT. */
async function tunnelingProxy(): Promise<{ uri: string; opened: string[] }> {
  const opened: string[] = [];
  const proxy = createProxy().on("connect", ({ url = "" }: IncomingMessage, socket) => {
    opened.push(url);
    const onward = connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      end.on("error", () => {}).on("close", () => other.destroy());
  });
  return { uri: `http://127.0.0.1:${await listening(proxy)}`, opened };
}

it("speaks HTTP/1.1 with a server that offers HTTP/2 first, directly and through a proxy", async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createSecureServer(
    { cert, key, allowHTTP1: true },
    ({ httpVersion, rawHeaders }, response) => response.end(JSON.stringify({ httpVersion, rawHeaders })),
  );
  server.on("session", (session) => sessions.push(session));
  const url = `https://localhost:${await listening(server)}`;
  const { uri, opened } = await tunnelingProxy();
  const proxied: PoolOptions = { type: "proxy", uri, requestTls: { ca: cert }, connect: {} };
  for (const dispatcher of [pool(DIRECT), pool(proxied)]) {
    const { body } = await request(url, { dispatcher, headers: { "impersonate-group": ["a", "b"] } });
    const { httpVersion, rawHeaders } = (await body.json()) as { httpVersion: string; rawHeaders: string[] };
    expect(httpVersion).toBe("1.1");
    // kubectl multus --as-group: one line each, as the API server reads them.
    expect(rawHeaders.filter((_, i) => rawHeaders[i - 1] === "impersonate-group")).toEqual(["a", "b"]);
  }
  expect(opened).toHaveLength(1);
  expect(sessions).toEqual([]);
});

it("keeps a connection for the next request, and opens another one while it is in use", async () => {
  let connections = 0;
  const waiting: (() => void)[] = [];
  const server = createSecureServer({ cert, key, allowHTTP1: true }, ({ url }, response) => {
    if (url === "/watch") waiting.push(() => response.end("end"));
    else response.end("ok");
  });
  server.on("secureConnection", () => connections++);
  const url = `https://localhost:${await listening(server)}`;
  const dispatcher = pool(DIRECT);
  const get = async (path: string) => await (await request(url + path, { dispatcher })).body.text();
  await get("/one");
  await setImmediate(); // a connection is free a moment after the last byte
  await get("/two");
  expect(connections).toBe(1);
  const watch = get("/watch");
  await expect.poll(() => waiting.length).toBe(1);
  expect(await get("/three")).toBe("ok");
  expect(connections).toBe(2);
  waiting[0]?.();
  expect(await watch).toBe("end");
});
