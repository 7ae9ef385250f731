import { Agent, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect } from "node:tls";
import { Registry } from "@prometheus-io/client";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { type ServingCertificate, selfSigned } from "./certificate.ts";
import { AdmissionMetrics } from "./metrics.ts";
import { newPath } from "./secret-path.ts";
import { WebhookServer } from "./server.ts";

const PATH = newPath();
const make = () => selfSigned(["localhost"], new Date(), 86_400_000);
const registry = new Registry();
const metrics = new AdmissionMetrics(registry);
let webhook: WebhookServer | undefined;
let certificate: ServingCertificate;

afterEach(async () => {
  await webhook?.stop();
  webhook = undefined;
});

async function start(): Promise<WebhookServer> {
  certificate = make();
  webhook = await WebhookServer.start({
    port: 0,
    host: "127.0.0.1",
    certificate,
    view: {
      settings: {
        mode: "Deny",
        denyCodes: [],
        isolation: { enabled: false, globalNamespaces: [] },
        excludedNamespaces: [],
      },
      hasPolicies: false,
      network: () => ({ nad: undefined }),
    },
    path: () => PATH,
    log: pino({ level: "silent" }),
    metrics,
  });
  return webhook;
}

interface Answer {
  status: number;
  body: string;
  connection: string | undefined;
}

/** One POST, over a connection of `agent` where there is one. Throws where no answer comes. */
async function post(
  body: string | Buffer,
  options: { agent?: Agent; ca?: string; path?: string; method?: string } = {},
): Promise<Answer> {
  const { agent, ca = certificate.certificate, path = `${PATH}?timeout=3s`, method = "POST" } = options;
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: webhook?.port,
        servername: "localhost",
        ca,
        path,
        method,
        agent: agent ?? false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: text, connection: response.headers.connection }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(method === "POST" ? body : undefined);
  });
}

/** The status, or the error of a client that still sends when the answer comes. */
const outcomeOf = (body: string) =>
  post(body).then(
    ({ status }): number | string | undefined => status,
    ({ code }: NodeJS.ErrnoException) => code,
  );
const TOO_LARGE = [413, "ECONNRESET", "EPIPE"];

const review = (config: string) =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u",
      resource: { group: "k8s.cni.cncf.io", version: "v1", resource: "network-attachment-definitions" },
      object: { metadata: { name: "net" }, spec: { config } },
    },
  });

describe("the webhook", () => {
  it("answers an AdmissionReview", async () => {
    await start();
    const { status, body } = await post(review("null"));
    expect(status).toBe(200);
    expect(JSON.parse(body).response).toMatchObject({ uid: "u", allowed: false });
  });

  it("answers what is none with an error, and goes on", async () => {
    await start();
    for (const body of ["", "{", "null", "[]", "\u0000", '{"kind":"AdmissionReview"}', "x".repeat(1_000_000)])
      expect((await post(body)).status).toBe(400);
    expect((await post("", { path: "/" })).status).toBe(404);
    expect((await post("", { method: "GET" })).status).toBe(404);
    expect((await post(review(""))).status).toBe(200);
  });

  it("reads no more than 3 MiB", async () => {
    await start();
    expect((await post(`${review("")}${" ".repeat(2 * 1024 * 1024)}`)).status).toBe(200);
    expect(await outcomeOf(`${review("")}${" ".repeat(4 * 1024 * 1024)}`)).toBeOneOf(TOO_LARGE);
    expect((await post(review(""))).status).toBe(200);
  });

  it.each([
    ["a million objects", `{"a":[${"{},".repeat(1_000_000)}{}]}`],
    ["a million numbers", `[${"1,".repeat(1_000_000)}1]`],
    ["a deep list", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ])("does not parse %s", async (_, body) => {
    await start();
    const before = process.memoryUsage().heapUsed;
    expect(await outcomeOf(body)).toBeOneOf(TOO_LARGE);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40 * 1024 * 1024);
    expect((await post(review(""))).status).toBe(200);
  });

  it("answers alike whatever is asked under another path, and reads no body there", async () => {
    await start();
    const answers = await Promise.all(
      ["/", "/validate", "/validate/", `${PATH}/`, `${PATH}0`, PATH.replace(/.$/, "-")].map((path) =>
        post(review("null"), { path }),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 404, body: '{"message":"not found"}', connection: "close" })]),
    );
  });

  it("outlives clients that trust another certificate, speak no TLS, or hang up", async () => {
    await start();
    await expect(post(review(""), { ca: make().certificate })).rejects.toThrow("self-signed");
    await expect(fetch(`http://127.0.0.1:${webhook?.port}/validate`)).rejects.toThrow();
    const socket = connect({
      host: "127.0.0.1",
      port: webhook?.port,
      ca: certificate.certificate,
      servername: "localhost",
    });
    socket.once("secureConnect", () => {
      socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
      socket.destroy();
    });
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await post(review(""))).status).toBe(200);
  });

  it.each([
    ["without a TLS handshake", "tcp", ""],
    ["without a request", "tls", ""],
    ["with half a header", "tls", `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-le`],
    ["with half a body", "tls", `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`],
  ])("ends a connection %s within seconds", async (_, layer, text) => {
    await start();
    const options = { host: "127.0.0.1", port: webhook?.port ?? 0 };
    const socket = layer === "tcp" ? connectTcp(options) : connect({ ...options, rejectUnauthorized: false });
    socket.on("error", () => {});
    socket.resume();
    socket.write(text);
    const started = performance.now();
    await new Promise((resolve) => socket.once("close", resolve));
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("changes its certificate without breaking an open connection", async () => {
    await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const old = certificate.certificate;
    expect((await post(review(""), { agent })).status).toBe(200);
    certificate = make();
    webhook?.use(certificate);
    expect((await post(review(""), { agent, ca: old })).status).toBe(200);
    await expect(post(review(""), { ca: old })).rejects.toThrow();
    expect((await post(review(""))).status).toBe(200);
    agent.destroy();
  });

  it("goes on answering while it leaves, and sends clients elsewhere", async () => {
    await start();
    const leaving = webhook?.drain(200);
    const { status, connection } = await post(review(""));
    expect([status, connection]).toEqual([200, "close"]);
    await leaving;
  });

  it("counts by resource and verdict", async () => {
    await start();
    await post(review("null"));
    await post("nonsense");
    const text = await registry.metrics();
    expect(text).toMatch(
      /multus_operator_admission_requests_total\{resource="network-attachment-definitions",verdict="denied"\} [1-9]/,
    );
    expect(text).toMatch(
      /multus_operator_admission_requests_total\{resource="other",verdict="error"\} [1-9]/,
    );
    expect(text).toContain("multus_operator_admission_duration_seconds_bucket");
  });
});
