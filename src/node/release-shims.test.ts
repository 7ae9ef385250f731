import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Host } from "./host.ts";
import { releaseShims } from "./release-shims.ts";

let root: string;
let socket: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "release-"));
  mkdirSync(join(root, "run/multus"), { recursive: true });
  socket = join(root, "run/multus/multus.sock");
});
afterEach(() => rmSync(root, { recursive: true }));

const release = (patienceMs = 20_000) =>
  releaseShims({ node: "a", host: new Host(root), now: () => new Date(), patienceMs, quietMs: 2000 });

async function call(path: string): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, path, method: "POST" }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.once("error", reject);
    sent.end("null");
  });
}

/** As the shim does: it asks whether the daemon is ready until it is, then calls. From v4.3.1 on it asks /readyz. */
async function shim(question = "/healthz"): Promise<{ status: number; body: string }> {
  for (;;) {
    const ready = await call(question).catch(() => undefined);
    if (ready?.status === 200) return await call("/cni");
    await sleep(50);
  }
}

it("waits for the daemon to end, then tells each shim that waits to come again, and leaves no socket", async () => {
  const daemon = createServer((_, response) => response.end("daemon")).listen(socket);
  await new Promise((resolve) => daemon.once("listening", resolve));
  const released = release();
  expect(await call("/cni")).toMatchObject({ body: "daemon" });
  await sleep(200);
  daemon.closeAllConnections();
  await new Promise((resolve) => daemon.close(resolve));
  const answers = await Promise.all([shim(), shim("/readyz"), shim()]);
  for (const { status, body } of answers) {
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 11, msg: expect.stringContaining("the kubelet retries") });
  }
  expect(await released).toMatchObject({ node: "a", ended: true, answered: 3 });
  expect(existsSync(socket)).toBe(false);
});

it("leaves a daemon alone that does not end", async () => {
  const daemon = createServer((_, response) => response.end("daemon")).listen(socket);
  await new Promise((resolve) => daemon.once("listening", resolve));
  expect(await release(300)).toMatchObject({ ended: false, answered: 0 });
  expect(await call("/cni")).toMatchObject({ body: "daemon" });
  daemon.closeAllConnections();
  await new Promise((resolve) => daemon.close(resolve));
});

it("takes a socket over that a killed daemon left", async () => {
  const script = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script, socket]);
  expect(existsSync(socket)).toBe(true);
  const released = release();
  expect(await shim()).toMatchObject({ status: 500 });
  expect(await released).toMatchObject({ ended: true, answered: 1 });
  expect(existsSync(socket)).toBe(false);
});
