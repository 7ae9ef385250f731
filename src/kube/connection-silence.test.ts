import { createServer as createProxy, type IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "node:tls";
import { type Dispatcher, request } from "undici";
import { afterEach, expect, it } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { connectionPool, type PoolOptions } from "./connection-pool.ts";

const INTERVAL_MS = 50;
/** An empty SETTINGS frame (RFC 9113, section 6.5). */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const { certificate: cert, key } = selfSigned(["localhost"], new Date(), 86_400_000);
const DIRECT: PoolOptions = { type: "agent", connect: { ca: cert } };
const through = (uri: string): PoolOptions => ({
  type: "proxy",
  uri,
  requestTls: { ca: cert },
  connect: {},
});
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function pool(options: PoolOptions = DIRECT): Dispatcher {
  const made = connectionPool(options, INTERVAL_MS);
  if (!made) throw new Error(`no pool for ${options.type}`);
  stops.push(() => made.destroy());
  return made;
}

/** Speaks HTTP/2, and answers neither requests nor pings. */
async function silentServer(): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
    connections++;
    socket.on("error", () => {});
    socket.resume();
    socket.write(SETTINGS);
  });
  return { url: `https://localhost:${await listening(server)}`, connections: () => connections };
}

/** A proxy of HTTP CONNECT. */
async function tunnelingProxy(): Promise<{ uri: string; opened: string[]; closed: () => number }> {
  const opened: string[] = [];
  let closed = 0;
  const proxy = createProxy().on("connect", ({ url = "" }: IncomingMessage, socket) => {
    opened.push(url);
    const onward = connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    socket.on("close", () => closed++);
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      end.on("error", () => {}).on("close", () => other.destroy());
  });
  return { uri: `http://127.0.0.1:${await listening(proxy)}`, opened, closed: () => closed };
}

it("ends a connection on which no ping is answered: requests on it fail, and the next one gets another connection", async () => {
  const { url, connections } = await silentServer();
  const dispatcher = pool();
  for (const nth of [1, 2]) {
    await expect(request(url, { dispatcher })).rejects.toThrow("silent for 0.2 s");
    expect(connections()).toBe(nth);
  }
});

it("ends a silent connection through a proxy as well, together with its tunnel", async () => {
  const { url, connections } = await silentServer();
  const { uri, opened, closed } = await tunnelingProxy();
  const dispatcher = pool(through(uri));
  for (const nth of [1, 2]) {
    await expect(request(url, { dispatcher })).rejects.toThrow("silent for 0.2 s");
    expect([connections(), opened.length]).toEqual([nth, nth]);
  }
  await expect.poll(closed).toBe(2);
});

it("keeps a connection whose server answers pings, however long a request takes", async () => {
  const server = createSecureServer({ cert, key }, (_, response) => {
    setTimeout(() => response.end("late"), 12 * INTERVAL_MS);
  });
  let connections = 0;
  server.on("session", () => connections++);
  const url = `https://localhost:${await listening(server)}`;
  const dispatcher = pool();
  const { body } = await request(url, { dispatcher });
  expect(await body.text()).toBe("late");
  await sleep(6 * INTERVAL_MS);
  expect(connections).toBe(1);
});

it("sends over HTTP/1.1 what HTTP/2 would merge: a header of several values", async () => {
  const server = createSecureServer({ cert, key, allowHTTP1: true }, ({ httpVersion, headers }, response) =>
    response.end(`${httpVersion} ${headers.group}`),
  );
  const url = `https://localhost:${await listening(server)}`;
  const { uri } = await tunnelingProxy();
  for (const dispatcher of [pool(), pool(through(uri))]) {
    const versions = [];
    for (const options of [{}, { allowH2: false }]) {
      const { body } = await request(url, { dispatcher, ...options });
      versions.push((await body.text()).slice(0, 3));
    }
    expect(versions).toEqual(["2.0", "1.1"]);
  }
});
