import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type ApiObject, NODES, PODS, pathOf, type ResourceType } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/**
 * One Multus exchanged for another, and nodes that wait for theirs, against a real API server and a real
 * DaemonSet controller. The nodes are Node objects; the test itself says what a kubelet would say.
 */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let controller: InstallOperator;
let heart: NodeJS.Timeout;

const KEY = "multus-operator.dev/not-ready";
/** Far below the 50 s after which the node controller calls a node lost. */
const HEARTBEAT_MS = 10_000;
const MINE = { key: "example.com/mine", effect: "NoSchedule" };

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig, {
    image: { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] },
  });
  for (const name of ["node-a", "node-b"])
    await create({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: { taints: [{ key: KEY, value: "x", effect: "NoSchedule" }, MINE] },
    });
  await beatHearts();
  heart = setInterval(() => void beatHearts().catch(() => {}), HEARTBEAT_MS); // one that fails is followed by the next
});

afterAll(async () => {
  clearInterval(heart);
  await controller?.stop();
  await plane?.stop();
});

beforeEach(async () => {
  await kubectl.run("delete", "multusinstall", "--all", "--wait=false");
  await waitUntil("the last install to be gone", async () => {
    await endPods("app=multus");
    return (await kubectl.run("get", "multusinstall", "-o", "name")) === "";
  });
});

interface Install {
  status?: {
    conditions?: { type: string; status: string; reason: string; message: string }[];
    startupTaint?: object;
    rollout?: { state: string; message: string; passed?: string[] };
    inventory?: { name: string }[];
  };
}

async function create(object: object): Promise<void> {
  await kubectl.runWithInput(JSON.stringify(object), "apply", "-f", "-");
}

async function apply(spec: { nodes?: object; [field: string]: unknown }): Promise<void> {
  await new TestInstall(kubectl).apply(
    // Nobody would run the pods that look at nodes and clean them.
    { ...spec, nodes: { ...spec.nodes, inspection: "Off" }, uninstall: { nodes: "Leave" } },
  );
}

const install = async () => await new TestInstall(kubectl).now<Install>();
const ready = async () => await new TestInstall(kubectl).condition("Ready");

interface Pod extends ApiObject {
  spec: { nodeName?: string; containers: { name: string }[]; affinity?: object };
  status?: { conditions?: { type: string; status: string }[] };
}

async function pods(labelSelector: string): Promise<Pod[]> {
  const { items } = await kubectl.client.list<Pod>(PODS, { namespace: "kube-system", labelSelector });
  return items;
}

/** The node that the DaemonSet controller made a pod for, as its affinity says; there is no scheduler here. */
const nodeOf = ({ spec }: Pod) => spec.nodeName ?? /node-[ab]/.exec(JSON.stringify(spec.affinity))?.[0];

/** Binds a pod to its node and reports it Ready once, as scheduler and kubelet would: the operator counts from then. */
async function run(pod: Pod, since = new Date(Date.now() - 60_000)): Promise<void> {
  const { name } = pod.metadata;
  if (pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) return;
  if (!pod.spec.nodeName)
    await kubectl.client.json({
      method: "POST",
      path: pathOf({ type: PODS, namespace: "kube-system", name }, "binding"),
      body: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace: "kube-system" },
        target: { apiVersion: "v1", kind: "Node", name: nodeOf(pod) },
      },
    });
  await patchStatus(PODS, name, {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: since.toISOString() }],
  });
}

/** Says that every pod runs which is not being deleted. */
async function runAll(selector: string, count = 2): Promise<void> {
  await waitUntil(`${count} pods with ${selector}`, async () => {
    const found = (await pods(selector)).filter(({ metadata }) => !metadata.deletionTimestamp);
    if (found.length < count) return false;
    for (const pod of found) await run(pod);
    return true;
  });
}

/** No kubelet runs on these nodes: pods that must end are removed here. */
async function endPods(selector: string): Promise<void> {
  for (const { metadata } of await pods(selector))
    if (metadata.deletionTimestamp)
      await kubectl.client.delete(
        { type: PODS, namespace: "kube-system", name: metadata.name },
        { gracePeriodSeconds: 0 },
      );
}

const imageOf = async (daemonSet: string) =>
  await kubectl.run(
    "get",
    "daemonset",
    daemonSet,
    "-n",
    "kube-system",
    "--ignore-not-found",
    "-o",
    "jsonpath={.spec.template.spec.containers[0].image}",
  );
const exists = async (kind: string, name: string) =>
  (await kubectl.run("get", kind, name, "-n", "kube-system", "--ignore-not-found", "-o", "name")) !== "";

it("runs the guard on the nodes, replaces Multus, and prunes only when the last previous pod is gone", async () => {
  await apply({ mode: "Thick" });
  await runAll("name=multus");
  await new TestInstall(kubectl).ready();

  await apply({ mode: "Thin" });
  await waitUntil("the guard", () => exists("daemonset", "multus-rollout-guard"));
  // The status is written after the objects.
  await waitUntil("the status to name it", async () => /guard/.test((await ready())?.message ?? ""));
  expect(await imageOf("kube-multus-ds")).toMatch(/-thick$/);
  await runAll("name=multus-rollout-guard");
  await waitUntil("the new image", async () => (await imageOf("kube-multus-ds")).endsWith(":v4.3.1"));
  // The daemons that still run may start again, and they list and watch.
  expect(await exists("configmap", "multus-daemon-config")).toBe(true);
  expect(await kubectl.run("get", "clusterrole", "multus", "-o", "yaml")).toContain("- watch");

  await waitUntil("the install to be Ready", async () => {
    await endPods("name=multus");
    for (const pod of (await pods("name=multus")).filter(({ metadata }) => !metadata.deletionTimestamp))
      await run(pod);
    return (await ready())?.status === "True";
  });
  await waitUntil("everything of the old shape to be gone", async () => {
    await endPods("name=multus-rollout-guard");
    return (
      !(await exists("configmap", "multus-daemon-config")) &&
      !(await exists("daemonset", "multus-rollout-guard")) &&
      !(await exists("configmap", "multus-rollout-guard")) &&
      !(await kubectl.run("get", "clusterrole", "multus", "-o", "yaml")).includes("- watch")
    );
  });
  await waitUntil("the inventory to have what there is", async () => {
    const { status } = await install();
    return status?.inventory?.every(({ name }) => !/guard|daemon-config/.test(name)) ?? false;
  });
});

it("goes back at once when a change is taken back while the guard comes up", async () => {
  await apply({ mode: "Thick" });
  await runAll("name=multus");
  await new TestInstall(kubectl).ready();
  const before = (await pods("name=multus")).map(({ metadata }) => metadata.name).toSorted();
  await apply({ mode: "Thin" });
  await waitUntil("the guard", () => exists("daemonset", "multus-rollout-guard"));
  await apply({ mode: "Thick" });
  await waitUntil("the guard to be gone", async () => {
    await endPods("name=multus-rollout-guard");
    return !(await exists("daemonset", "multus-rollout-guard"));
  });
  await new TestInstall(kubectl).ready();
  expect((await pods("name=multus")).map(({ metadata }) => metadata.name).toSorted()).toEqual(before);
});

it("ends v4 before v3.4 starts, and starts v4 before v3.4 ends", async () => {
  await kubectl.run("label", "node", "node-a", "node-b", "kubernetes.io/arch=amd64", "--overwrite");
  await apply({ version: "v4.3.0" });
  await runAll("name=multus");
  await apply({ version: "v3.4.2" });
  await runAll("name=multus-rollout-guard");
  await waitUntil("the pods of v4 to be asked to end", async () =>
    (await pods("name=multus")).every(({ metadata }) => metadata.deletionTimestamp !== undefined),
  );
  await waitUntil("the status to say so", async () =>
    /kube-multus-ds\) to terminate on node-a, node-b/.test((await ready())?.message ?? ""),
  );
  expect(await exists("daemonset", "kube-multus-ds-amd64")).toBe(false);
  await endPods("name=multus");
  await waitUntil("v3's DaemonSet", () => exists("daemonset", "kube-multus-ds-amd64"));
  await runAll("name=multus");
  await new TestInstall(kubectl).ready();

  await apply({ version: "v4.3.0" });
  await waitUntil("v4's DaemonSet", () => exists("daemonset", "kube-multus-ds"));
  await runAll("name=multus", 4);
  expect(await exists("daemonset", "kube-multus-ds-amd64")).toBe(true);
  await waitUntil("v3's DaemonSet to be gone", async () => {
    await endPods("app=multus");
    return !(await exists("daemonset", "kube-multus-ds-amd64"));
  });
});

it("removes the startup taint from a node once Multus is ready there, and from all nodes when Multus is deleted", async () => {
  const keys = async (name: string) => {
    const { spec } = await kubectl.get<{ spec: { taints?: { key: string }[] } }>("node", name);
    return spec.taints?.map(({ key }) => key) ?? [];
  };
  await apply({ nodes: { startupTaint: KEY } });
  await waitUntil("a pod on node-a to be Ready", async () => {
    const pod = (await pods("name=multus")).find((found) => nodeOf(found) === "node-a");
    if (pod) await run(pod, new Date());
    return pod !== undefined;
  });
  await waitUntil("node-a to be released", async () => !(await keys("node-a")).includes(KEY));
  expect(await keys("node-a")).toContain(MINE.key);
  expect(await keys("node-b")).toContain(KEY);
  await waitUntil("the status to say so", async () => {
    const { status } = await install();
    return (
      JSON.stringify(status?.startupTaint) ===
      JSON.stringify({ key: KEY, waiting: ["node-b"], waitingTotal: 1 })
    );
  });

  await kubectl.run("delete", "multusinstall", "multus", "--wait=false");
  await waitUntil("no node to keep the taint", async () => {
    await endPods("name=multus");
    return !(await keys("node-b")).includes(KEY);
  });
  expect(await keys("node-b")).toContain(MINE.key);
});

const CANARY = { canary: { nodes: 1, probe: "probe-net" } };
const PROBE_NETWORK = {
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name: "probe-net", namespace: "kube-system" },
  spec: { config: JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", master: "eth0" }) },
};
const level = (value: string) => ({ mode: "Thick", logging: { level: value } });
const pod = async (node: string) =>
  (await pods("name=multus")).find((found) => nodeOf(found) === node && !found.metadata.deletionTimestamp);
const rollout = async () => (await install()).status?.rollout;

const probes = new Set<string>();

async function patchStatus(type: ResourceType, name: string, status: object): Promise<void> {
  const namespace = type.namespaced ? { namespace: "kube-system" } : {};
  await kubectl.client.patch({ type, name, ...namespace }, { status }, "status");
}

/** As kubelets do; without it the node controller calls the nodes lost. */
async function beatHearts(): Promise<void> {
  const condition = { type: "Ready", status: "True", lastHeartbeatTime: new Date().toISOString() };
  for (const name of ["node-a", "node-b"]) await patchStatus(NODES, name, { conditions: [condition] });
}

/** Runs Multus' pods as they come until `done`, and lets those end that are to end; a probe gets what `probe` says. */
async function simulate(
  what: string,
  probe: "attached" | "bypassed" | "waiting",
  done: () => Promise<boolean>,
): Promise<void> {
  await waitUntil(what, async () => {
    await endPods("app=multus");
    for (const found of await pods("app=multus,name!=multus-probe"))
      if (!found.metadata.deletionTimestamp) await run(found);
    for (const { metadata } of await pods("name=multus-probe")) {
      if (metadata.deletionTimestamp) continue;
      probes.add(metadata.name);
      if (probe === "waiting") continue;
      const status = JSON.stringify([{ name: "kube-system/probe-net", interface: "net1" }]);
      if (probe === "attached")
        await kubectl.run(
          "annotate",
          "pod",
          metadata.name,
          "-n",
          "kube-system",
          "--overwrite",
          `k8s.v1.cni.cncf.io/network-status=${status}`,
        );
      // Once it is attached the operator takes it away.
      else await patchStatus(PODS, metadata.name, { phase: "Running" });
    }
    return await done();
  });
}

const isReady = async () => (await ready())?.status === "True";

it("does not begin a canary whose probe has no network, and begins when it has one", async () => {
  await apply({ ...level("error"), rollout: CANARY });
  await simulate("the install to be Ready", "attached", isReady);
  const before = [(await pod("node-a"))?.metadata.name, (await pod("node-b"))?.metadata.name];
  await apply({ ...level("debug"), rollout: CANARY });
  expect(await new TestInstall(kubectl).reason("Ready", "InvalidSpec")).toContain(
    "spec.rollout.canary.probe: there is no NetworkAttachmentDefinition kube-system/probe-net",
  );
  expect([(await pod("node-a"))?.metadata.name, (await pod("node-b"))?.metadata.name]).toEqual(before);
  await create(PROBE_NETWORK);
  await simulate("the probe", "attached", async () => probes.size > 0);
  await simulate("the install to be Ready", "attached", isReady);
  probes.clear();
});

it("tries a change on the canary's nodes, probes them, and lets the others follow", async () => {
  await apply({ ...level("error"), rollout: CANARY });
  await simulate("the install to be Ready", "attached", isReady);
  await create(PROBE_NETWORK);
  const other = (await pod("node-b"))?.metadata.name;
  await apply({ ...level("debug"), rollout: CANARY });
  await simulate("the probe", "waiting", async () => probes.size > 0);
  expect((await pod("node-b"))?.metadata.name).toBe(other);
  await simulate("the install to be Ready", "attached", isReady);
  expect((await pod("node-b"))?.metadata.name).not.toBe(other);
  expect(await pods("name=multus-probe")).toEqual([]);
  await waitUntil("the record to be gone", async () => (await rollout()) === undefined);
});

it("stops at a probe that fails, and goes on with another spec", async () => {
  await apply({ ...level("error"), rollout: CANARY });
  await simulate("the install to be Ready", "attached", isReady);
  await create(PROBE_NETWORK);
  const other = (await pod("node-b"))?.metadata.name;
  await apply({ ...level("debug"), rollout: CANARY });
  await simulate("the canary to fail", "bypassed", async () => (await ready())?.reason === "RolloutFailed");
  expect((await ready())?.message).toMatch(
    /node-a: the probe started without its network; the other nodes keep/,
  );
  expect((await pod("node-b"))?.metadata.name).toBe(other);
  await apply({ ...level("error"), rollout: CANARY });
  await simulate("the install to be Ready", "attached", isReady);
  expect((await pod("node-b"))?.metadata.name).toBe(other);
});

it("puts back what ran last by itself, and says so until the spec changes", async () => {
  await apply({ ...level("error") });
  await simulate("the install to be Ready", "attached", isReady);
  await create(PROBE_NETWORK);
  const other = (await pod("node-b"))?.metadata.name;
  await apply({ ...level("debug"), rollout: { ...CANARY, rollback: true } });
  await simulate("it to be put back", "bypassed", async () => {
    const condition = await ready();
    return condition?.reason === "RolledBack" && condition.message.endsWith("on all nodes");
  });
  expect((await ready())?.message).toMatch(/node-a: the probe started without its network/);
  expect((await pod("node-b"))?.metadata.name).toBe(other);
  const config = await kubectl.run(
    "get",
    "configmap",
    "multus-daemon-config",
    "-n",
    "kube-system",
    "-o",
    "yaml",
  );
  expect(config).toContain('"logLevel": "error"');
  await apply({ ...level("verbose"), rollout: { ...CANARY, rollback: true } });
  await simulate("the install to be Ready", "attached", isReady);
});

it("rejects a canary between v3 and v4 before anything is touched", async () => {
  await apply({ version: "v4.3.0" });
  await simulate("the install to be Ready", "attached", isReady);
  const names = async () => (await pods("name=multus")).map(({ metadata }) => metadata.name).toSorted();
  const before = await names();
  await apply({ version: "v3.4.2", rollout: CANARY });
  expect(await new TestInstall(kubectl).reason("Ready", "InvalidSpec")).toMatch(
    /between v3 and v4.*remove it for this change/,
  );
  expect(await exists("daemonset", "kube-multus-ds-amd64")).toBe(false);
  await apply({ version: "v4.3.0", rollout: CANARY });
  await simulate("the install to be Ready", "attached", isReady);
  expect(await names()).toEqual(before);
});
