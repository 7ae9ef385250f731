import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { preview } from "../../src/controllers/install/adoption/preview.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { importInstall } from "../../src/import/import.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type ApiObject, CUSTOM_RESOURCE_DEFINITIONS, DAEMON_SETS, refOf } from "../../src/kube/resource.ts";
import { POOL_DEFINITIONS } from "../../src/render/definitions.ts";
import { renderInstall } from "../../src/render/render.ts";
import { whereaboutsObjects } from "../../src/render/whereabouts.ts";
import { moduleDirectory } from "../cluster/binaries.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** spec.whereabouts on a real API server: applied, repaired, switched off, removed, adopted. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let install: TestInstall;
let controller: InstallOperator;
let nodes: HollowNodes;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  install = new TestInstall(kubectl);
  nodes = new HollowNodes(kubectl.client, pino({ level: "silent" }));
  for (const name of ["node-1", "node-2"]) await nodes.add(name);
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

afterEach(async () => {
  await kubectl.run("delete", "multusinstall", "--all", "--timeout=120s");
  const kinds = "daemonset,configmap,serviceaccount,clusterrole,clusterrolebinding,role,rolebinding";
  await kubectl.run("delete", kinds, "-n", "kube-system", "-l", "by=hand", "--timeout=120s");
  await kubectl.run("delete", "crd", ...POOL_DEFINITIONS, "--ignore-not-found");
});

const ENABLED = { whereabouts: { enabled: true } };
const objects = whereaboutsObjects(parsedInstall(ENABLED));
const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "whereabouts" };

/** "Role whereabouts-cni" of those of its objects that exist. */
async function there(): Promise<string[]> {
  const found = await Promise.all(objects.map((object) => kubectl.client.get<ApiObject>(refOf(object))));
  return found.flatMap((live) => (live ? [`${live.kind} ${live.metadata.name}`] : []));
}

const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const definitions = names.filter((name) => name.startsWith("CustomResourceDefinition"));

async function createPool(): Promise<void> {
  const [pools = ""] = POOL_DEFINITIONS;
  await untilEstablished(kubectl, pools);
  await kubectl.runWithInput(
    JSON.stringify({
      apiVersion: "whereabouts.cni.cncf.io/v1alpha1",
      kind: "IPPool",
      metadata: { name: "10.9.0.0-24", namespace: "kube-system" },
      spec: { range: "10.9.0.0/24", allocations: { 1: { id: "x", podref: "shop/db" } } },
    }),
    ...["apply", "-f", "-"],
  );
}

const isSchedule = async (schedule: string) =>
  (await kubectl.run("get", "configmap", "whereabouts-config", "-n", "kube-system", "-o", "yaml")).includes(
    `cron-expression: ${schedule}`,
  );

it("applies whereabouts with Multus, repairs it, and has nothing left to change", async () => {
  await install.apply(ENABLED);
  await install.ready();
  expect(await there()).toEqual(names);
  const daemonSet = await kubectl.client.get<ApiObject>(DAEMON_SET);
  expect(daemonSet?.status).toMatchObject({ numberAvailable: 2 });
  expect((await preview(kubectl.client, parsedInstall(ENABLED))).changes).toEqual([]);

  const where = ["-n", "kube-system", "--type=merge", "-p"];
  await kubectl.run("patch", "configmap", "whereabouts-config", ...where, '{"data":{"cron-expression":"x"}}');
  await waitUntil("the schedule to be restored", async () => await isSchedule("30 4 * * *"));
  await kubectl.run("delete", "daemonset", "whereabouts", "-n", "kube-system");
  await install.ready();
  await waitUntil("the DaemonSet", async () => (await there()).length === names.length);
});

it("changes the schedule without new pods, and the image with new ones", async () => {
  await install.apply(ENABLED);
  await install.ready();
  const generation = async () => (await kubectl.client.get<ApiObject>(DAEMON_SET))?.metadata.generation;
  const first = await generation();
  await install.apply({ whereabouts: { enabled: true, reconcilerSchedule: "0 */4 * * 1-5" } });
  await waitUntil("the schedule", async () => await isSchedule("0 */4 * * 1-5"));
  await install.ready();
  expect(await generation()).toBe(first);
  await install.apply({ whereabouts: { enabled: true, image: { registry: "registry.invalid" } } });
  await waitUntil("another template", async () => (await generation()) !== first);
  await install.ready();
  const restarted = nodes.started.filter(({ name }) => name === "whereabouts");
  expect(restarted.length).toBeGreaterThanOrEqual(4);
});

it("removes all but the CRDs when it is switched off, and keeps the pools of an uninstall", async () => {
  await install.apply(ENABLED);
  await install.ready();
  await createPool();
  await install.apply({});
  await install.ready();
  await waitUntil("whereabouts to be gone", async () => (await there()).length === definitions.length);
  expect(await there()).toEqual(definitions);
  const { status } = await install.now<{ status: { inventory: { name: string }[] } }>();
  // By these a deletion knows that nodes have files of whereabouts.
  expect(status.inventory.map(({ name }) => name)).toEqual(expect.arrayContaining([...POOL_DEFINITIONS]));
  await install.remove();
  expect(await kubectl.run("get", "ippools", "-A", "-o", "name")).toContain("10.9.0.0-24");
});

it("deletes the pools with the install if the spec asks for it, whose pods end first", async () => {
  await install.apply({ ...ENABLED, uninstall: { addressPools: "Delete" } });
  await install.ready();
  await createPool();
  await install.remove();
  // The API server deletes a CRD once it has deleted its objects.
  await waitUntil("the CRDs to go", async () => (await there()).length === 0);
});

it("rejects a range that ends before it begins, and applies nothing", async () => {
  await install.apply({ whereabouts: { enabled: true, reconcilerSchedule: "0 4 * * 5-1" } });
  expect(await install.reason("Stalled", "InvalidSpec")).toContain(
    "spec.whereabouts.reconcilerSchedule: the range 5-1 ends before it begins",
  );
  expect(await there()).toEqual([]);
});

/** Without the descriptions of a schema, which the operator shortens. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(
    ([key, inner]) => key !== "description" || typeof inner !== "string",
  );
  return Object.fromEntries(fields.map(([key, inner]) => [key, withoutTexts(inner)]));
}

describe("a whereabouts that was installed by hand", () => {
  /** Upstream's own manifests, of the release that the tests build. */
  function upstream(): ApiObject[] {
    const module = moduleDirectory("whereabouts", "github.com/k8snetworkplumbingwg/whereabouts");
    const files = [
      "daemonset-install",
      ...POOL_DEFINITIONS.map((name) => `whereabouts.cni.cncf.io_${name.split(".")[0]}`),
    ];
    // YAML 1.1, as kubectl reads it: an octal number.
    const text = (file: string) =>
      readFileSync(join(module, `doc/crds/${file}.yaml`), "utf8").replace("0744", "0o744");
    return files.flatMap((file) => loadAll(text(file)) as ApiObject[]);
  }

  async function byHand(): Promise<void> {
    const items = upstream().map((object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, by: "hand" } },
    }));
    await kubectl.runWithInput(JSON.stringify({ apiVersion: "v1", kind: "List", items }), "apply", "-f", "-");
  }

  it("has the CRDs, names and selector that the operator renders", () => {
    const schemas = (all: readonly { kind: string; metadata: { name: string } }[]) =>
      all
        .filter(({ kind }) => kind === "CustomResourceDefinition")
        .map((object) =>
          withoutTexts({ name: object.metadata.name, ...((object as unknown as ApiObject).spec as object) }),
        )
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(schemas(objects)).toEqual(schemas(upstream()));
    const named = new Set(names);
    for (const { kind, metadata } of upstream()) expect(named).toContain(`${kind} ${metadata.name}`);
    const selector = (all: readonly { kind: string; spec?: unknown }[]) =>
      (all.find(({ kind }) => kind === "DaemonSet")?.spec as { selector?: object } | undefined)?.selector;
    expect(selector(objects)).toEqual(selector(upstream()));
  });

  it("is imported with a Multus", () => {
    const { install: imported, findings } = importInstall([
      ...renderInstall(parsedInstall()).objects,
      ...upstream(),
    ]);
    expect(imported.spec.whereabouts).toEqual({
      enabled: true,
      image: { tag: "latest", pullPolicy: "Always" },
    });
    expect(findings.map(({ object, path }) => `${object} ${path}`)).toEqual([
      "DaemonSet kube-system/whereabouts image",
      "DaemonSet kube-system/whereabouts resources.limits",
    ]);
  });

  it("stays as it is without adopt, and is named", async () => {
    await byHand();
    await install.apply(ENABLED);
    const message = await install.reason("Stalled", "OwnershipConflict");
    for (const name of ["DaemonSet kube-system/whereabouts", "ClusterRole whereabouts-cni"])
      expect(message).toContain(name);
    const live = await kubectl.client.get<ApiObject>(DAEMON_SET);
    expect(JSON.stringify(live?.spec)).toContain("ghcr.io/k8snetworkplumbingwg/whereabouts:latest");
  });

  it("becomes the operator's with adopt, its CRDs and pools left as they are", async () => {
    await byHand();
    await createPool();
    await install.apply({ ...ENABLED, adopt: true });
    await install.ready();
    const live = await kubectl.client.get<ApiObject>(DAEMON_SET);
    expect(JSON.stringify(live?.spec)).toContain("ghcr.io/k8snetworkplumbingwg/whereabouts:v0.9.3");
    expect(JSON.stringify(live?.spec)).not.toContain("limits");
    const [pools = ""] = POOL_DEFINITIONS;
    const crd = await kubectl.client.get<ApiObject>({ type: CUSTOM_RESOURCE_DEFINITIONS, name: pools });
    expect(crd?.metadata.labels).toEqual({ by: "hand" });
    await install.apply({ ...ENABLED, adopt: true, uninstall: { addressPools: "Delete" } });
    await install.ready();
    await install.remove();
    // They are not the operator's to delete.
    expect(await there()).toEqual(definitions);
    expect(await kubectl.run("get", "ippools", "-A", "-o", "name")).toContain("10.9.0.0-24");
  });
});
