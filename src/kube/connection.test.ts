import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RequestContext } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Connection, connect } from "./connection.ts";

let directory: string;
let connection: Connection;
const file = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "connection-"));
  writeFileSync(file("ca.crt"), "first");
  writeFileSync(file("token"), "first\n");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile: file("token") } } };
  const cluster = { server: "https://127.0.0.1:6443/", "certificate-authority": file("ca.crt") };
  writeFileSync(
    file("config"),
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  connection = connect({ kubeconfig: file("config") });
});
afterEach(async () => {
  await connection.close();
  rmSync(directory, { recursive: true });
});

async function prepared(): Promise<RequestContext> {
  const context = new RequestContext(`${connection.server}/version`, "GET" as never);
  await connection.applySecurityAuthentication(context);
  return context;
}

it("keeps one pool of connections until the CA changes on disk", async () => {
  const first = (await prepared()).getDispatcher();
  expect(first).toBeDefined();
  expect((await prepared()).getDispatcher()).toBe(first);
  writeFileSync(file("ca.crt"), "rotated");
  const second = (await prepared()).getDispatcher();
  expect(second).not.toBe(first);
  expect((await prepared()).getDispatcher()).toBe(second);
});

it("has a pool that it can close, though the kubeconfig names no CA", async () => {
  writeFileSync(
    file("config"),
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:6443" } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  connection = connect({ kubeconfig: file("config") });
  const [first, second] = await Promise.all([prepared(), prepared()]);
  expect(first.getDispatcher()).toBeDefined();
  expect(second.getDispatcher()).toBe(first.getDispatcher());
});

it("sends the token that the file holds now", async () => {
  expect((await prepared()).getHeaders().Authorization).toBe("Bearer first");
  writeFileSync(file("token"), "second");
  expect((await prepared()).getHeaders().Authorization).toBe("Bearer second");
});

it("names the contexts that there are when the one asked for is missing", () => {
  expect(() => connect({ kubeconfig: file("config"), context: "y" })).toThrow(/no context "y".*it has: x/);
});
