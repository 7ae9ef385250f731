import { afterAll, beforeAll, expect, test } from "vitest";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { CONFIG_MAPS } from "../../src/kube/resource.ts";
import { waitUntil } from "./daemon.ts";
import { entries } from "./etcd.ts";
import { type BorrowedControlPlane, SharedControlPlane } from "./shared-control-plane.ts";

let shared: SharedControlPlane;
beforeAll(async () => {
  shared = await SharedControlPlane.start();
});
afterAll(async () => await shared?.stop());

const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "things", kind: "Thing" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};
const THING = {
  apiVersion: "example.com/v1",
  kind: "Thing",
  metadata: { name: "one", namespace: "default" },
};
const ADMISSION = "admissionregistration.k8s.io/v1";
const CONFIG_MAPS_CREATED = [
  { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
];
const POLICY = [
  {
    ...{ apiVersion: ADMISSION, kind: "ValidatingAdmissionPolicy", metadata: { name: "no" } },
    spec: {
      matchConstraints: { resourceRules: CONFIG_MAPS_CREATED },
      validations: [{ expression: "false" }],
    },
  },
  {
    ...{ apiVersion: ADMISSION, kind: "ValidatingAdmissionPolicyBinding", metadata: { name: "no" } },
    spec: { policyName: "no", validationActions: ["Deny"] },
  },
];
const WEBHOOKS = ["Mutating", "Validating"].map((kind) => ({
  ...{ apiVersion: ADMISSION, kind: `${kind}WebhookConfiguration`, metadata: { name: "no" } },
  webhooks: [
    {
      ...{ name: "no.example.com", admissionReviewVersions: ["v1"], sideEffects: "None" },
      clientConfig: { url: "https://127.0.0.1:1" },
      rules: CONFIG_MAPS_CREATED,
    },
  ],
}));

async function apply(plane: BorrowedControlPlane, object: object): Promise<void> {
  await plane.kubectlWithInput(JSON.stringify(object), "apply", "--server-side", "-f", "-");
}

/** All objects, as they are stored. */
async function stored(plane: BorrowedControlPlane): Promise<Record<string, string>> {
  const all = await entries(plane.etcd, "/registry/", true);
  const objects = [...all].filter(([key]) => !/\/(peerserver)?leases\//.test(key));
  return Object.fromEntries(objects.map(([key, { value }]) => [key, value.toString("base64")]));
}

/** Whether RBAC allows jane to read secrets; asked without the start of a process, in which the API server could catch up. */
async function isJaneAllowed(client: KubeClient): Promise<boolean> {
  const { status } = await client.json<{ status: { allowed: boolean } }>({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: {
      ...{ apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview" },
      spec: { user: "jane", resourceAttributes: { resource: "secrets", verb: "list", namespace: "default" } },
    },
  });
  return status.allowed;
}

test("is given back as it was, and as new to the API server's clients", async () => {
  let revision = 0n;
  let before: Record<string, string> | undefined;
  for (const file of ["one.test.ts", "two.test.ts"]) {
    const plane = await shared.lend(file, { controllerManager: true });
    before ??= await stored(plane);
    await apply(plane, CRD);
    await plane.kubectl("wait", "--for=condition=Established", "crd/things.example.com");
    await waitUntil("things to be served", () => apply(plane, THING).then(() => true));
    const thing = JSON.parse(await plane.kubectl("get", "thing", "one", "-o", "json"));
    expect(BigInt(thing.metadata.resourceVersion)).toBeGreaterThan(revision);
    revision = BigInt(thing.metadata.resourceVersion);
    const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
    expect(await isJaneAllowed(client)).toBe(false);
    await plane.kubectl("create", "clusterrolebinding", "jane", "--clusterrole=cluster-admin", "--user=jane");
    await waitUntil("jane's rights", () => isJaneAllowed(client));
    await plane.kubectl("create", "namespace", "filled");
    await waitUntil("what the controller-manager creates", async () =>
      (await plane.kubectl("get", "serviceaccounts", "-n", "filled", "-o", "name")).includes("default"),
    );
    await plane.kubectl("label", "namespace", "default", "changed=yes");
    await plane.kubectl("delete", "service", "kubernetes");

    await plane.stop();
    expect(await isJaneAllowed(client)).toBe(false);
    expect(await stored(plane)).toEqual(before);
    await expect(plane.kubectl("get", "things")).rejects.toThrow(/doesn't have a resource type/);
    expect(await plane.kubectl("get", "namespaces", "--show-labels")).not.toMatch(/changed|filled/);
    expect(await plane.kubectl("get", "service", "kubernetes", "-o", "name")).toBe("service/kubernetes\n");
  }
});

test("names the file that leaves a client, and what it watches", async () => {
  const plane = await shared.lend("careless.test.ts", {});
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  const ended = new AbortController();
  await client.request({
    method: "GET",
    path: "/api/v1/configmaps",
    query: { watch: "true" },
    signal: ended.signal,
  });
  await expect(plane.stop()).rejects.toThrow("careless.test.ts left clients that watch: 1 of configmaps");
  ended.abort();
  await plane.stop();
});

test("admits again what a file's policies and webhooks rejected, at once", async () => {
  for (const file of ["policy.test.ts", "webhook.test.ts", "deleted.test.ts"]) {
    const plane = await shared.lend(file, {});
    const create = async () => await plane.kubectl("create", "configmap", "one", "--dry-run=server");
    await expect(create()).resolves.toContain("created");
    for (const object of file === "webhook.test.ts" ? WEBHOOKS : POLICY) await apply(plane, object);
    await waitUntil("a rejection", () =>
      create().then(
        () => false,
        () => true,
      ),
    );
    if (file === "deleted.test.ts") await plane.kubectl("delete", "validatingadmissionpolicybinding", "no");

    await plane.stop();
    await expect(create()).resolves.toContain("created");
  }
});

test("is lent to one file at a time", async () => {
  const first = await shared.lend("first.test.ts", {});
  await expect(shared.lend("second.test.ts", {})).rejects.toThrow(
    "first.test.ts did not give back the control plane that it borrowed",
  );
  await first.stop();
});

// The last: nothing takes back what was written after the reset.
test("names the file after which something still writes", async () => {
  const plane = await shared.lend("careless.test.ts", {});
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  await plane.stop();
  await client.create(CONFIG_MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "late", namespace: "default" },
  });
  await expect(shared.lend("next.test.ts", {})).rejects.toThrow(
    "something of careless.test.ts still writes to the control plane: 1 added (/registry/configmaps/default/late)",
  );
});
