import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { selfSigned } from "../admission/certificate.ts";
import { KubeClient } from "./client.ts";
import { type Connection, connect } from "./connection.ts";

let directory: string;
let connection: Connection;
const file = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "connection-"));
  writeFileSync(file("ca.crt"), certificate());
  writeFileSync(file("token"), "first\n");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile: file("token") } } };
  const cluster = { server: "https://127.0.0.1:6443/", "certificate-authority": file("ca.crt") };
  connection = connected(cluster, user);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await connection.close();
  rmSync(directory, { recursive: true });
});

/** By a kubeconfig with this cluster and this user. */
function connected(cluster: object, user: object): Connection {
  writeFileSync(
    file("config"),
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  return connect({ kubeconfig: file("config") });
}

const certificate = () => selfSigned(["localhost"], new Date(), 86_400_000).certificate;
const access = () => connection.access(`${connection.server}/version`, "GET");

it("keeps one pool of connections until the CA changes on disk", async () => {
  const first = (await access()).agent;
  expect((await access()).agent).toBe(first);
  writeFileSync(file("ca.crt"), certificate());
  const second = (await access()).agent;
  expect(second).not.toBe(first);
  expect((await access()).agent).toBe(second);
});

it("fails each request while a client's key cannot be read, and recovers when it can", async () => {
  const { certificate: cert, key } = selfSigned(["client"], new Date(), 86_400_000);
  writeFileSync(file("tls.crt"), cert);
  writeFileSync(file("tls.key"), key.slice(0, 80));
  connection = connected(
    { server: "https://127.0.0.1:6443" },
    { "client-certificate": file("tls.crt"), "client-key": file("tls.key") },
  );
  await expect(access()).rejects.toThrow();
  await expect(access()).rejects.toThrow();
  writeFileSync(file("tls.key"), key);
  expect((await access()).agent).toBe((await access()).agent);
});

it("has a pool that it can close, though the kubeconfig names no CA", async () => {
  connection = connected({ server: "https://127.0.0.1:6443" }, { token: "t" });
  const [first, second] = await Promise.all([access(), access()]);
  expect(second.agent).toBe(first.agent);
});

it("sends the token that the file holds now", async () => {
  expect((await access()).headers.Authorization).toBe("Bearer first");
  writeFileSync(file("token"), "second");
  expect((await access()).headers.Authorization).toBe("Bearer second");
});

it("sends the token in a user's tokenFile, next to the kubeconfig, as it is now", async () => {
  connection = connected({ server: "https://127.0.0.1:6443" }, { tokenFile: "token" });
  expect((await access()).headers.Authorization).toBe("Bearer first");
  writeFileSync(file("token"), "second\n");
  expect((await access()).headers.Authorization).toBe("Bearer second");
});

it.each(["proxy-url", "HTTPS_PROXY"])("asks the proxy of %s", async (source) => {
  const asked = Promise.withResolvers<string>();
  const proxy = createServer((socket) => {
    socket.once("data", (data) => {
      asked.resolve(data.toString().split("\r\n")[0] ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const uri = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  vi.stubEnv("HTTPS_PROXY", source === "HTTPS_PROXY" ? uri : "http://127.0.0.1:1");
  const cluster = {
    server: "https://cluster.invalid:6443",
    ...(source === "proxy-url" ? { "proxy-url": uri } : {}),
  };
  connection = connected(cluster, { token: "t" });
  const request = new KubeClient(connection).json({ method: "GET", path: "/version" });
  await expect(request).rejects.toThrow("403");
  expect(await asked.promise).toBe("CONNECT cluster.invalid:6443 HTTP/1.1");
});

it("takes what the first of several files in KUBECONFIG sets, as kubectl does, and leaves out one that is missing", async () => {
  connected({ server: "https://127.0.0.1:6443" }, { tokenFile: "token" });
  const second = {
    clusters: [
      { name: "c", cluster: { server: "https://127.0.0.1:1" } },
      { name: "d", cluster: { server: "https://127.0.0.1:2" } },
    ],
    users: [{ name: "u", user: { token: "another" } }],
    contexts: [{ name: "y", context: { cluster: "d", user: "u" } }],
    "current-context": "y",
  };
  writeFileSync(file("second"), JSON.stringify(second));
  writeFileSync(file("empty"), JSON.stringify({ clusters: [], users: [], contexts: [] }));
  const load = (...names: string[]) => {
    vi.stubEnv("KUBECONFIG", names.map(file).join(delimiter));
    connection = connect();
    return connection;
  };
  expect(load("config", "missing", "second").server).toBe("https://127.0.0.1:6443");
  expect((await access()).headers.Authorization).toBe("Bearer first");
  connection.setCurrentContext("y");
  expect(connection.server).toBe("https://127.0.0.1:2");
  expect(load("missing", "empty", "second", "config").server).toBe("https://127.0.0.1:2");
  expect(() => load("missing", "missing too")).toThrow(/ENOENT/);
});

it("acts as the kubeconfig's user, with its UID, groups and extra fields, unless flags name others", async () => {
  const user = {
    ...{ token: "t", as: "jane", "as-uid": "7", "as-groups": ["dev", "ops"] },
    "as-user-extra": { "example.com/team": ["a"] },
  };
  connection = connected({ server: "https://127.0.0.1:6443" }, user);
  const own = {
    "Impersonate-User": "jane",
    "Impersonate-Uid": "7",
    "Impersonate-Group": ["dev", "ops"],
    "Impersonate-Extra-example.com%2Fteam": ["a"],
  };
  expect((await access()).headers).toMatchObject({ Authorization: "Bearer t", ...own });
  connection = connect({ kubeconfig: file("config"), impersonate: { user: "joe", groups: ["qa"] } });
  expect((await access()).headers).toMatchObject({
    ...own,
    "Impersonate-User": "joe",
    "Impersonate-Group": ["qa"],
  });
});

it("names what it cannot read of whom to act as", () => {
  const server = { server: "https://127.0.0.1:6443" };
  expect(() => connected(server, { as: "jane", "as-groups": "dev" })).toThrow(/users\.0\.user\.as-groups/);
  expect(() => connected(server, { "as-groups": ["dev"] })).toThrow(/require a user to act as/);
});

it("uses plain HTTP as kubectl does: there is nothing to verify, and no credential is sent", async () => {
  const headers: IncomingHttpHeaders[] = [];
  const server = createHttpServer((request, response) => {
    headers.push(request.headers);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  connection = connected({ server: `http://127.0.0.1:${port}` }, { token: "secret", as: "jane" });
  await new KubeClient(connection).json({ method: "GET", path: "/version" });
  expect(headers).toMatchObject([{ "impersonate-user": "jane" }]);
  expect(headers[0]).not.toHaveProperty("authorization");
});

it("takes http://localhost:8080 for a server if a kubeconfig names it, and not for the lack of one", () => {
  connected({ server: "http://localhost:8080" }, {});
  vi.stubEnv("KUBECONFIG", file("config"));
  expect(connect().server).toBe("http://localhost:8080");
  vi.stubEnv("KUBECONFIG", "");
  vi.stubEnv("HOME", directory);
  expect(() => connect()).toThrow(/there is no kubeconfig/);
});

it("names the contexts that there are when the one asked for is missing", () => {
  expect(() => connect({ kubeconfig: file("config"), context: "y" })).toThrow(/no context "y".*it has: x/);
});
