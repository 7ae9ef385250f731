import { afterAll, beforeAll, expect, test } from "vitest";
import { binary } from "../cluster/binaries.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import { KUBERNETES_RELEASES } from "../cluster/families.ts";
import { requestedKubernetes } from "../cluster/kubernetes-release.ts";

// What the operator's own access rules rely on, seen at the API server that the other tests run against.

let plane: BorrowedControlPlane;
beforeAll(async () => {
  plane = await borrowControlPlane();
});
afterAll(() => plane?.stop());

const configMap = (name: string, data: Record<string, string>) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data });

async function apply(kubeconfig: string, object: string, ...args: string[]): Promise<string> {
  const all = ["--kubeconfig", kubeconfig, "apply", "--server-side", "-f", "-", ...args];
  return await execute(await binary("kubectl"), all, { input: object });
}

test("it is of the release that was asked for", async () => {
  const { serverVersion } = JSON.parse(await plane.kubectl("version", "-o", "json"));
  expect(serverVersion.gitVersion).toBe(KUBERNETES_RELEASES[requestedKubernetes()]);
});

test("server-side apply creates only objects of the names that the role lists", async () => {
  await plane.kubectl("create", "serviceaccount", "narrow");
  const verbs = "--verb=get,create,patch";
  await plane.kubectl("create", "role", "narrow", verbs, "--resource=configmaps", "--resource-name=foo");
  await plane.kubectl("create", "rolebinding", "narrow", "--role=narrow", "--serviceaccount=default:narrow");
  const narrow = await plane.kubeconfigForServiceAccount("default", "narrow");
  await waitUntil("the grant", async () =>
    (await apply(narrow, configMap("foo", { a: "1" }))).includes("serverside-applied"),
  );
  await expect(apply(narrow, configMap("bar", { a: "1" }))).rejects.toThrow(/configmaps "bar" is forbidden/);
  await expect(plane.kubectl("get", "configmap", "bar")).rejects.toThrow(/NotFound/);
});

test("a field that another manager applied is not taken without force, and the rejection names it", async () => {
  const as = (manager: string) => ["--field-manager", manager];
  await apply(plane.kubeconfig, configMap("shared", { a: "ours", b: "ours" }), ...as("ours"));
  await expect(
    apply(plane.kubeconfig, configMap("shared", { b: "theirs" }), ...as("theirs")),
  ).rejects.toThrow(/conflict with "ours": \.data\.b/);
  await apply(plane.kubeconfig, configMap("shared", { b: "theirs" }), ...as("theirs"), "--force-conflicts");
  // A field that its manager no longer applies goes; one that another has taken stays.
  await apply(plane.kubeconfig, configMap("shared", {}), ...as("ours"));
  const { data } = JSON.parse(await plane.kubectl("get", "configmap", "shared", "-o", "json"));
  expect(data).toEqual({ b: "theirs" });
});
