import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Condition } from "../../src/crds/conditions.ts";
import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { type ApiObject, DAEMON_SETS } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** A spec of a CRD of another version, which this operator cannot read: its deletion leaves nothing behind. */

const IMAGE = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
const INSTALL = { type: MULTUS_INSTALL, name: "multus" };
const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
const CRD = {
  type: {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    namespaced: false,
  },
  name: "multusinstalls.multus-operator.dev",
};
const SCHEMA = "/spec/versions/0/schema/openAPIV3Schema";

interface Version {
  schema: { openAPIV3Schema: { properties: { spec?: object } } };
}

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let nodes: HollowNodes;
let controller: InstallOperator | undefined;
/** What the controller has logged, a line each. */
const logged: string[] = [];

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  nodes = new HollowNodes(client, pino({ level: "silent" }));
  await nodes.add("node-a");
  controller = await startInstallController(plane.kubeconfig, {
    image: IMAGE,
    log: pino({ level: "warn" }, { write: (line) => logged.push(line) }),
  });
});

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

/** Tries a write until the API server takes it, or rejects it, by the schema that it has just got. */
async function untilValidated(write: () => Promise<unknown>, isTaken: boolean): Promise<void> {
  await waitUntil(`a write that is ${isTaken ? "taken" : "rejected"}`, async () => {
    try {
      await write();
      return isTaken;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 422)) throw error;
      return !isTaken;
    }
  });
}

it("neither changes nor deletes anything while the inventory has a kind that it does not know", async () => {
  const { client } = kubectl;
  const install = new TestInstall(kubectl);
  await install.apply({});
  await install.ready();
  const { inventory = [] } =
    (await client.get<ApiObject & { status?: { inventory?: object[] } }>(INSTALL))?.status ?? {};
  const unknown = { apiVersion: "example.com/v9", kind: "PodGuard", name: "multus" };
  const record = (entries: readonly object[]) =>
    client.patch(INSTALL, { status: { inventory: entries } }, "status");
  await record([...inventory, unknown]);
  await client.patch(INSTALL, { spec: { uninstall: { timeout: "2m" } } });
  const stalled = async () => {
    const found = await client.get<ApiObject & { status?: { conditions?: Condition[] } }>(INSTALL);
    return found?.status?.conditions?.find(
      ({ type, status, observedGeneration }) =>
        type === "Stalled" && status === "True" && observedGeneration === found.metadata.generation,
    );
  };
  await waitUntil("the status", async () => (await stalled())?.reason === "UnknownKind");
  expect((await stalled())?.message).toContain("PodGuard multus (example.com/v9)");

  await client.delete(INSTALL);
  await waitUntil("the status", async () => (await stalled())?.reason === "UnknownKind");
  expect((await client.get<ApiObject>(DAEMON_SET))?.metadata.deletionTimestamp).toBeUndefined();
  expect((await client.get<ApiObject & { status?: object }>(INSTALL))?.status).toMatchObject({
    inventory: expect.arrayContaining([unknown]),
  });
  expect(nodes.tasks.filter(({ kind }) => kind === "clean")).toEqual([]);

  await record(inventory);
  await waitUntil("the deletion", async () => (await client.get(INSTALL)) === undefined);
  nodes.tasks.length = 0;
});

it("cleans the nodes by the fields that can be read, and removes all objects", async () => {
  const { client } = kubectl;
  const install = new TestInstall(kubectl);
  await install.apply({ cni: { confDir: "/etc/cni/multus" } });
  await install.ready();

  const definition = await client.get<ApiObject>(CRD);
  const { versions } = (definition?.spec ?? {}) as { versions?: Version[] };
  const spec = versions?.[0]?.schema.openAPIV3Schema.properties.spec ?? {};
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = (value: object) => [{ op: "replace", path: `${SCHEMA}/properties/spec`, value }];
  await client.patch(CRD, schema(open));
  // A value that is not valid and does not change is taken: each attempt has another.
  let attempts = 0;
  const change = () => client.patch(INSTALL, { spec: { mode: `Mode${attempts++}` } });
  await untilValidated(change, true);
  await client.patch(CRD, schema(spec));
  await untilValidated(change, false);
  expect((await client.get<ApiObject>(INSTALL))?.spec).toMatchObject({
    mode: expect.stringMatching(/^Mode/),
  });

  await client.delete(INSTALL);
  await waitUntil("the deletion", async () => (await client.get(INSTALL)) === undefined);
  expect(nodes.tasks).toContainEqual({ kind: "clean", node: "node-a" });
  expect(await client.get(DAEMON_SET)).toBeUndefined();
  // The deletion was reconciled several times.
  expect(logged.filter((line) => line.includes("fields of the spec are not valid"))).toHaveLength(1);
});
