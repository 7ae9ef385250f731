import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { KubeClient } from "./client.ts";
import { type Connection, connect } from "./connection.ts";
import { CONFIG_MAPS } from "./resource.ts";

/** What becomes of connections whose requests do not come to their end: a server that speaks HTTP/1.1, and counts. */

/** On a busy machine. */
const WAIT = { timeout: 60_000 };
let connection: Connection | undefined;
let server: Server | undefined;
let directory: string | undefined;

afterEach(async () => {
  await connection?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  if (directory) rmSync(directory, { recursive: true });
});

async function clientOf(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<KubeClient> {
  const made = createServer(handle);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  directory = mkdtempSync(join(tmpdir(), "connections-"));
  const kubeconfig = join(directory, "config");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: url } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  connection = connect({ kubeconfig });
  return new KubeClient(connection);
}

const openConnections = async () =>
  await new Promise<number>((resolve, reject) =>
    server?.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };

it("fails a write visibly, and sends it once, if its idle connection is closed as it goes out", async () => {
  const seen: string[] = [];
  const client = await clientOf((request, response) => {
    seen.push(request.method ?? "");
    if (request.method === "POST") request.socket.destroy();
    else response.end(JSON.stringify({ items: [], metadata: {} }));
  });
  await client.list(CONFIG_MAPS);
  await expect(client.create(CONFIG_MAPS, configMap)).rejects.toMatchObject({
    code: "NETWORK_ERROR",
    message: expect.stringMatching(/^POST \/api\/v1\/namespaces\/default\/configmaps: ./),
  });
  await client.list(CONFIG_MAPS); // by another connection
  expect(seen).toEqual(["GET", "POST", "GET"]);
});

it("sends nothing if leadership ends while the connection is opened", async () => {
  const seen: string[] = [];
  await clientOf((request, response) => {
    seen.push(request.method ?? "");
    response.end(JSON.stringify({ items: [], metadata: {} }));
  });
  let leads = true;
  const lost = new Error("lost");
  const after: number[] = [];
  const client = new KubeClient(connection as Connection, {
    sending: () => {
      if (!leads) throw lost;
    },
    after: (_, status) => void after.push(status),
  });
  await client.list(CONFIG_MAPS);
  for (const open of ["on an open connection", "on a new one"]) {
    const created = client.create(CONFIG_MAPS, configMap);
    leads = false;
    await expect(created, open).rejects.toBe(lost);
    await expect(client.list(CONFIG_MAPS), open).rejects.toBe(lost);
    leads = true;
    server?.closeIdleConnections();
  }
  await client.list(CONFIG_MAPS);
  expect(seen).toEqual(["GET", "GET"]);
  expect(after).toEqual([200, 200]);
  await expect.poll(openConnections, WAIT).toBe(1);
});

it.each([
  ["before the answer", () => {}],
  ["in the middle of the answer", (response: ServerResponse) => response.write('{"items":[')],
])("keeps no connection of a request that is aborted %s", async (_, answer) => {
  let asked = 0;
  const client = await clientOf((_request, response) => {
    asked++;
    answer(response);
  });
  const stop = new AbortController();
  const ended = Promise.allSettled(
    Array.from({ length: 20 }, () => client.list(CONFIG_MAPS, { signal: stop.signal })),
  );
  await expect.poll(() => asked, WAIT).toBe(20);
  stop.abort();
  const results = await ended;
  expect(results.map(({ status }) => status)).toEqual(Array(20).fill("rejected"));
  await expect.poll(openConnections, WAIT).toBe(0);
});

it("uses connections of answers with an error again", async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(403, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "Status", reason: "Forbidden", message: "no" }));
  });
  for (let n = 0; n < 10; n++)
    await expect(client.list(CONFIG_MAPS)).rejects.toMatchObject({ status: 403, reason: "Forbidden" });
  // A connection is free a moment after the last byte: two take turns.
  expect(await openConnections()).toBeLessThanOrEqual(2);
});

it("reads only the beginning of an error that does not end, and ends its connection", async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(502, { "content-type": "text/html" });
    const page = Buffer.alloc(64 * 1024, "x");
    const more = () => void response.write(page, (error) => error ?? setImmediate(more));
    more();
  });
  const failure = await client.list(CONFIG_MAPS).catch((error: Error) => error);
  expect(failure).toMatchObject({ status: 502, statusMessage: "x".repeat(200) });
  await expect.poll(openConnections, WAIT).toBe(0);
});
