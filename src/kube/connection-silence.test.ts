import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import { Agent, buildConnector, request } from "undici";
import { afterEach, expect, it } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { endingWhenSilent } from "./connection-silence.ts";

const INTERVAL_MS = 50;
/** An empty SETTINGS frame (RFC 9113, section 6.5). */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const { certificate: cert, key } = selfSigned(["localhost"], new Date(), 86_400_000);
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function pool(): Agent {
  const connector = buildConnector({ allowH2: true, ca: cert });
  const agent = new Agent({
    connect: endingWhenSilent(connector, INTERVAL_MS),
    h2Options: { pingInterval: INTERVAL_MS },
  });
  stops.push(() => agent.destroy());
  return agent;
}

it("ends a connection on which no ping is answered: requests on it fail, and the next one gets another connection", async () => {
  let connections = 0;
  const server = createServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
    connections++;
    socket.on("error", () => {});
    socket.resume();
    socket.write(SETTINGS);
  });
  const url = await listening(server);
  const dispatcher = pool();
  for (const nth of [1, 2]) {
    await expect(request(url, { dispatcher })).rejects.toThrow("silent for 0.2 s");
    expect(connections).toBe(nth);
  }
});

it("keeps a connection whose server answers pings, however long a request takes", async () => {
  const server = createSecureServer({ cert, key }, (_, response) => {
    setTimeout(() => response.end("late"), 12 * INTERVAL_MS);
  });
  let connections = 0;
  server.on("session", () => connections++);
  const url = await listening(server as unknown as Server);
  const dispatcher = pool();
  const { body } = await request(url, { dispatcher });
  expect(await body.text()).toBe("late");
  await sleep(6 * INTERVAL_MS);
  expect(connections).toBe(1);
});
