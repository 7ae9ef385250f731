import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { preview } from "../../src/controllers/install/adoption/preview.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type ApiObject, CONFIG_MAPS, EVENTS } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** What others add to the operator's objects stays and is shown with its owner; what they change is repaired. */

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
  await nodes.add("node-1");
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
  await apply({ mode: "Thick" });
  await condition("Ready", "Available");
});

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

const installOf = (spec: object) => ({
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec,
});
const apply = async (spec: object) => await install.apply(spec);
const condition = async (type: string, reason: string) => await install.reason(type, reason);

async function diff(spec: object) {
  const parsed = parseMultusInstall(installOf(spec));
  if (!parsed.ok) throw new Error("the spec does not parse");
  return await preview(kubectl.client, parsed.value);
}

interface Status {
  status?: {
    version?: string;
    mode?: string;
    nodes?: { desired: number; updated: number; available: number };
    conditions?: { type: string; reason: string; message: string; observedGeneration: number }[];
  };
}

const daemonSet = ["daemonset", "kube-multus-ds", "-n", "kube-system"] as const;
const json = (value: object) => ["--type=merge", "-p", JSON.stringify(value)];

it("shows no difference between the cluster and the spec that is applied, once it is complete", async () => {
  const ref = { type: CONFIG_MAPS, namespace: "kube-system", name: "multus-last-complete" };
  await waitUntil(
    "the record of the complete rollout",
    async () => (await kubectl.client.get(ref)) !== undefined,
  );
  expect(await diff({ mode: "Thick" })).toEqual({ changes: [], notes: [] });
});

it("names who set a nodeSelector that takes Multus off every node, and leaves it", async () => {
  const selector = (value: string | null) => ({
    spec: { template: { spec: { nodeSelector: value ? { foo: value } : null } } },
  });
  await kubectl.run("patch", ...daemonSet, ...json(selector("bar")));
  const message = await condition("Ready", "NoMatchingNodes");
  expect(message).toContain('nodeSelector: {"foo":"bar"} (set by kubectl-patch)');
  expect(await condition("Warning", "ForeignFields")).toContain("DaemonSet kube-system/kube-multus-ds");
  const { changes, foreign } = await diff({ mode: "Thick" });
  expect(changes).toEqual([]);
  expect(foreign).toEqual([
    'DaemonSet kube-system/kube-multus-ds spec.template.spec.nodeSelector: {"foo":"bar"} (set by kubectl-patch); it stays',
  ]);
  await kubectl.run("patch", ...daemonSet, ...json(selector(null)));
  await condition("Warning", "Settled");
  await condition("Ready", "Available");
});

it("names environment, labels and keys of a ConfigMap that others added", async () => {
  const configMap = ["configmap", "multus-daemon-config", "-n", "kube-system"];
  await kubectl.run(
    "set",
    "env",
    "daemonset/kube-multus-ds",
    "-n",
    "kube-system",
    "-c",
    "kube-multus",
    "FOO=bar",
  );
  await kubectl.run("label", ...daemonSet, "team=net");
  await kubectl.run("patch", ...configMap, ...json({ data: { more: "x" } }));
  await waitUntil("the additions in the status", async () => {
    const { foreign = [] } = await diff({ mode: "Thick" });
    const text = JSON.stringify((await new TestInstall(kubectl).now<Status>()).status);
    return (
      foreign.length === 3 &&
      ["env[FOO]", "metadata.labels.team", "data.more"].every((field) => text.includes(field))
    );
  });
  await kubectl.run("set", "env", "daemonset/kube-multus-ds", "-n", "kube-system", "FOO-");
  await kubectl.run("label", ...daemonSet, "team-");
  await kubectl.run("patch", ...configMap, ...json({ data: { more: null } }));
  await condition("Warning", "Settled");
  await condition("Ready", "Available");
});

it("reports a repair as an event that names the field", async () => {
  await kubectl.run("set", "image", "daemonset/kube-multus-ds", "kube-multus=evil:1", "-n", "kube-system");
  await waitUntil("the event", async () => {
    const { items } = await kubectl.client.list<ApiObject>(EVENTS);
    return items.some(
      ({ reason, note }) =>
        reason === "Repaired" &&
        String(note).includes("kube-multus-ds") &&
        String(note).includes("containers[kube-multus].image"),
    );
  });
  await condition("Ready", "Available");
});

it("goes on to name what runs while the spec is not valid", async () => {
  const before = (await new TestInstall(kubectl).now<Status>()).status;
  // Broken JSON: the API server's rules are patterns, which do not see it.
  const config = '{"name": "x", "plugins": [{"type": "bridge",}]}';
  await apply({ primaryNetwork: { source: "Inline", config } });
  expect(await condition("Ready", "InvalidSpec")).toContain(`Multus ${before?.version} Thick stays in place`);
  // The repair of the image above may still roll out. The status follows it, also while the spec is not valid.
  await waitUntil("the nodes of what stays in place", async () => {
    const { desired, updated, available } =
      (await new TestInstall(kubectl).now<Status>()).status?.nodes ?? {};
    return desired === 1 && updated === 1 && available === 1;
  });
  const { status } = await new TestInstall(kubectl).now<Status>();
  expect(status).toMatchObject({ version: before?.version, mode: "Thick" });
  await apply({ mode: "Thick" });
  await condition("Ready", "Available");
});

it("reports no repair of what it deleted itself", async () => {
  const repairs = async () =>
    (await kubectl.client.list<ApiObject>(EVENTS)).items.filter(({ reason }) => reason === "Repaired").length;
  const before = await repairs();
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  await apply({ mode: "Thick" });
  await condition("Ready", "Available");
  expect(await repairs()).toBe(before);
});
