import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../../src/kube/client.ts";
import { differs } from "../../../src/kube/compare.ts";
import { connect } from "../../../src/kube/connection.ts";
import { ApiError, isApplyConflict, NetworkError } from "../../../src/kube/errors.ts";
import { type ApiObject, CLUSTER_ROLES, CONFIG_MAPS, type ObjectRef } from "../../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";

let plane: ControlPlane;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane();
  client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
});
afterAll(async () => {
  await plane?.stop();
});

const ref = (name: string): ObjectRef => ({ type: CONFIG_MAPS, namespace: "default", name });
const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});
const options = { fieldManager: "test" };

/** Where a link points; "" if it is gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

async function failure(run: Promise<unknown>): Promise<ApiError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError but ${String(error)}`);
  return error;
}

it("answers undefined for what is not there, and false for deleting it", async () => {
  expect(await client.get(ref("nothing"))).toBeUndefined();
  expect(await client.delete(ref("nothing"))).toBe(false);
});

it("applies, and drops a field that the next apply has no more", async () => {
  await client.apply(ref("one"), configMap("one", { a: "1", b: "2" }), options);
  await client.apply(ref("one"), configMap("one", { a: "1" }), options);
  expect((await client.get(ref("one")))?.data).toEqual({ a: "1" });
});

it("sees by a dry run whether an apply would change something, and writes nothing by it", async () => {
  const live = await client.apply<ApiObject>(ref("two"), configMap("two", { a: "1" }), options);
  const same = await client.apply<ApiObject>(ref("two"), configMap("two", { a: "1" }), {
    ...options,
    dryRun: true,
  });
  const other = await client.apply<ApiObject>(ref("two"), configMap("two", { a: "2" }), {
    ...options,
    dryRun: true,
  });
  expect([differs(live, same), differs(live, other)]).toEqual([false, true]);
  expect((await client.get(ref("two")))?.metadata.resourceVersion).toBe(live.metadata.resourceVersion);
});

it("names the fields and the managers of an apply conflict, and takes over only when forced", async () => {
  await client.apply(ref("three"), configMap("three", { a: "1" }), options);
  const error = await failure(
    client.apply(ref("three"), configMap("three", { a: "2" }), { fieldManager: "other" }),
  );
  expect(isApplyConflict(error)).toBe(true);
  expect(error.causes[0]).toMatchObject({ field: ".data.a", message: expect.stringContaining("test") });
  await client.apply(ref("three"), configMap("three", { a: "2" }), { fieldManager: "other", force: true });
  expect((await client.get(ref("three")))?.data).toEqual({ a: "2" });
});

it("keeps the case of names in the path", async () => {
  const role = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "system:Foo" },
    rules: [],
  };
  await client.apply({ type: CLUSTER_ROLES, name: "system:Foo" }, role, options);
  expect((await client.get({ type: CLUSTER_ROLES, name: "system:Foo" }))?.metadata.name).toBe("system:Foo");
});

it("deletes only the object that it was told to", async () => {
  await client.apply(ref("four"), configMap("four", {}), options);
  expect((await failure(client.delete(ref("four"), { preconditions: { uid: "another" } }))).status).toBe(409);
  expect(await client.get(ref("four"))).toBeDefined();
});

it("tells what the server rejected by its own reason", async () => {
  const error = await failure(client.apply(ref("BAD_NAME"), configMap("BAD_NAME", {}), options));
  expect([error.status, error.reason, error.isTransient]).toEqual([422, "Invalid", false]);
});

it("calls a server that is not there a network error", async () => {
  await plane.apiserver.kill();
  await expect(client.get(ref("one"))).rejects.toBeInstanceOf(NetworkError);
  await plane.apiserver.restart();
  expect(await client.get(ref("one"))).toBeDefined();
});

it("uses few connections for many requests", async () => {
  // Of this process: the API server has connections to itself, more of them after a start.
  const own = () => readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`));
  const sockets = () => {
    const open = own();
    return readFileSync("/proc/self/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , to, state]) => to?.endsWith(hexPort()) && state === "01")
      .filter((fields) => open.includes(`socket:[${fields[9]}]`)).length;
  };
  const hexPort = () =>
    `:${Number(plane.server.split(":").at(-1)).toString(16).toUpperCase().padStart(4, "0")}`;
  await client.get(ref("one"));
  const before = sockets();
  expect(before).toBeGreaterThan(0);
  for (let n = 0; n < 50; n++) await client.get(ref("one"));
  expect(sockets() - before).toBeLessThanOrEqual(1);
});

it("reads a token file anew as soon as it has changed", async () => {
  const tokenFile = join(plane.directory, "token");
  const mint = async () => (await plane.kubectl("create", "token", "default", "--duration", "600s")).trim();
  await plane.kubectl("create", "serviceaccount", "default").catch(() => {});
  await plane.kubectl(
    "create",
    "clusterrolebinding",
    "test",
    "--clusterrole=cluster-admin",
    "--serviceaccount=default:default",
  );
  writeFileSync(tokenFile, await mint());
  const kubeconfig = join(plane.directory, "token.kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: plane.server, "certificate-authority": plane.caFile } }],
      users: [{ name: "u", user: { "auth-provider": { name: "tokenFile", config: { tokenFile } } } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const asAccount = new KubeClient(connect({ kubeconfig }));
  expect(await asAccount.get(ref("one"))).toBeDefined();
  writeFileSync(tokenFile, "expired");
  expect((await failure(asAccount.get(ref("one")))).status).toBe(401);
  writeFileSync(tokenFile, await mint());
  expect(await asAccount.get(ref("one"))).toBeDefined();
});
