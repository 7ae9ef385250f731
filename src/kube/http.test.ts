import { getEventListeners } from "node:events";
import { Agent, createServer, type RequestListener } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type HttpRequest, send, textOf } from "./http.ts";

const WAIT = { timeout: 30_000 };
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Connections that a server has accepted and that are still open. */
interface Listening {
  port: number;
  open: Set<Socket>;
  accepted: () => number;
}

async function listening(server: Server): Promise<Listening> {
  const open = new Set<Socket>();
  let count = 0;
  server.on("connection", (socket: Socket) => {
    count++;
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, open, accepted: () => count };
}

const serving = (listener: RequestListener) => listening(createServer(listener));

function keeping<A extends Agent>(agent: A): A {
  stops.push(() => agent.destroy());
  return agent;
}

async function get(port: number, options: Partial<HttpRequest> & { agent: Agent }) {
  const scheme = options.agent instanceof TlsAgent ? "https" : "http";
  return await send(`${scheme}://127.0.0.1:${port}/`, {
    ...{ method: "GET", headers: {}, headersTimeoutMs: 60_000, idleTimeoutMs: 60_000 },
    ...options,
  });
}
const failureOf = async (promise: Promise<unknown>) =>
  await promise.then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  );

it("sends a body with its length, and header lines of several values", async () => {
  const server = await serving((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => response.end(JSON.stringify({ raw: request.rawHeaders, text })));
  });
  const agent = keeping(new Agent({ keepAlive: true }));
  const headers = { "impersonate-group": ["a", "b"] };
  for (const method of ["DELETE", "PATCH"]) {
    const response = await get(server.port, { agent, method, headers, body: '{"ä":1}' });
    const { raw, text } = JSON.parse(await textOf(response)) as { raw: string[]; text: string };
    expect(text).toBe('{"ä":1}');
    const named = (name: string) => raw.filter((_, at) => raw[at - 1]?.toLowerCase() === name);
    expect(named("content-length")).toEqual(["8"]);
    expect(named("impersonate-group")).toEqual(["a", "b"]);
  }
  expect(server.accepted()).toBe(1);
});

it("ends a request and its connection if the server begins no answer, and if it is silent in the middle of one", async () => {
  const server = await serving((request, response) => {
    if (request.url === "/" && request.headers.begin) response.write("begun");
  });
  const agent = keeping(new Agent({ keepAlive: true }));
  const none = await failureOf(get(server.port, { agent, headersTimeoutMs: 50 }));
  expect(none?.code).toBe("HTTP_TIMEOUT");
  const begun = { headers: { begin: "1" }, headersTimeoutMs: 0, idleTimeoutMs: 50 };
  const response = await get(server.port, { agent, ...begun });
  expect((await failureOf(textOf(response)))?.code).toBe("HTTP_TIMEOUT");
  await expect.poll(() => server.open.size, WAIT).toBe(0);
  expect(server.accepted()).toBe(2);
});

it("has no limit for silence if it is 0", async () => {
  const server = await serving((_, response) => {
    response.write("a");
    setTimeout(() => response.end("b"), 300);
  });
  // The agent's own limit is that of connections without requests.
  const agent = keeping(new Agent({ keepAlive: true, timeout: 50 }));
  const response = await get(server.port, { agent, headersTimeoutMs: 0, idleTimeoutMs: 0 });
  expect(await textOf(response)).toBe("ab");
});

it("gives up a server that accepts a connection and does not answer the TLS handshake", async () => {
  const server = await listening(createTcpServer((socket) => socket.resume()));
  const agent = keeping(new TlsAgent({ keepAlive: true }));
  const failure = await failureOf(get(server.port, { agent, connectTimeoutMs: 50 }));
  expect(failure).toMatchObject({ code: "HTTP_TIMEOUT", message: /not accepted the connection for 0.05 s/ });
  await expect.poll(() => server.open.size, WAIT).toBe(0);
});

it("asks whether to send when the connection is open, and sends nothing if not", async () => {
  let asked = 0;
  const sending = () => {
    asked++;
    throw new Error("not now");
  };
  const mute = await listening(createTcpServer());
  const tls = keeping(new TlsAgent({ keepAlive: true }));
  await failureOf(get(mute.port, { agent: tls, connectTimeoutMs: 50, sending }));
  expect(asked).toBe(0);

  let seen = 0;
  const server = await serving((_, response) => {
    seen++;
    response.end("{}");
  });
  const agent = keeping(new Agent({ keepAlive: true }));
  expect(await failureOf(get(server.port, { agent, sending }))).toMatchObject({ message: "not now" });
  await textOf(await get(server.port, { agent }));
  expect(await failureOf(get(server.port, { agent, sending }))).toMatchObject({ message: "not now" });
  expect([asked, seen]).toEqual([2, 1]);
  await expect.poll(() => server.open.size, WAIT).toBe(0);
});

it("fails with the reason of its signal before, while it waits for an answer, and while the body is read", async () => {
  const server = await serving((request, response) => {
    if (request.headers.begin) response.write("begun");
  });
  const agent = keeping(new Agent({ keepAlive: true }));
  const reason = new Error("no longer needed");
  expect(await failureOf(get(server.port, { agent, signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(server.accepted()).toBe(0);

  const waiting = new AbortController();
  const answer = failureOf(get(server.port, { agent, signal: waiting.signal }));
  await expect.poll(() => server.open.size, WAIT).toBe(1);
  waiting.abort(reason);
  expect(await answer).toBe(reason);
  await expect.poll(() => server.open.size, WAIT).toBe(0);

  const reading = new AbortController();
  const response = await get(server.port, { agent, headers: { begin: "1" }, signal: reading.signal });
  const body = failureOf(textOf(response));
  await setImmediate();
  reading.abort(reason);
  expect(await body).toBe(reason);
  await expect.poll(() => server.open.size, WAIT).toBe(0);
});

it("throws for a body that is cut off, also if it is read only afterwards", async () => {
  const server = await serving((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("some", () => response.socket?.destroy());
  });
  const agent = keeping(new Agent({ keepAlive: true }));
  expect((await failureOf(textOf(await get(server.port, { agent }))))?.code).toBe("ECONNRESET");
  const response = await get(server.port, { agent });
  await expect.poll(() => server.open.size, WAIT).toBe(0);
  await setImmediate();
  expect(await failureOf(textOf(response))).toBeInstanceOf(Error);
});

it("opens another connection after the server has closed the one that was kept", async () => {
  const server = await serving((_, response) => response.end("ok"));
  const agent = keeping(new Agent({ keepAlive: true }));
  const text = async () => await textOf(await get(server.port, { agent }));
  expect(await text()).toBe("ok");
  await setImmediate();
  expect(await text()).toBe("ok");
  expect(server.accepted()).toBe(1);
  for (const socket of server.open) socket.destroy();
  await expect.poll(() => Object.keys(agent.freeSockets), WAIT).toEqual([]);
  expect(await text()).toBe("ok");
  expect(server.accepted()).toBe(2);
});

it("leaves no listeners on its signal", async () => {
  const server = await serving((_, response) => response.end("ok"));
  const agent = keeping(new Agent({ keepAlive: true }));
  const { signal } = new AbortController();
  const response = await get(server.port, { agent, signal });
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  expect(await textOf(response)).toBe("ok");
  await expect.poll(() => getEventListeners(signal, "abort"), WAIT).toEqual([]);
});
