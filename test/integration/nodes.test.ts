import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NODE_TASK, taskPod } from "../../src/controllers/nodes/task-pod.ts";
import { TaskRunner } from "../../src/controllers/nodes/task-runner.ts";
import { NodeInspections } from "../../src/controllers/shared/node-inspections.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, PODS } from "../../src/kube/resource.ts";
import { Reflector } from "../../src/kube/watch/reflector.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** What runs on many nodes: how many at a time, on which, and what becomes of nodes that are lost. */

const COUNT = 25;
const IMAGE = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
const log = pino({ level: "silent" });

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let client: KubeClient;
let nodes: HollowNodes;
let controller: InstallOperator;
const inspections = new NodeInspections();

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  nodes = new HollowNodes(client, log);
  for (let index = 0; index < COUNT; index++) await nodes.add(`node-${index}`, specOf(index));
});

const CORDONED = "node-1";
/** With taints that keep everybody else away. */
const TAINTED = "node-2";

function specOf(index: number): object {
  if (`node-${index}` === CORDONED) return { unschedulable: true };
  if (`node-${index}` === TAINTED)
    return {
      taints: [
        { key: "mine", effect: "NoExecute" },
        { key: "mine", effect: "NoSchedule" },
      ],
    };
  return {};
}

async function startOperator(): Promise<void> {
  controller = await startInstallController(plane.kubeconfig, { client, image: IMAGE, inspections });
}

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

interface Status {
  observedGeneration?: number;
  conditions?: { status: string; message: string }[];
  primaryNetwork?: { nodesInspected: number; files?: object[] };
  nodes?: { unhealthy?: { node: string; reason: string }[] };
  warnings?: string[];
}

async function apply(spec: object): Promise<void> {
  await new TestInstall(kubectl).apply(spec);
}

const status = async () => (await new TestInstall(kubectl).now<{ status?: Status }>()).status ?? {};
const taskPods = async (namespace: string) =>
  await kubectl.run("get", "pods", "-n", namespace, "-l", NODE_TASK, "-o", "name");
const notCleaned = async () =>
  await kubectl.run(
    "get",
    "events",
    "-A",
    "--field-selector",
    "reason=NodesNotCleaned",
    "-o",
    "jsonpath={.items[*].message}",
  );

it("inspects every node, ten at a time, once; and removes what an operator that died left behind", async () => {
  const dead = taskPod(
    { kind: "inspect", node: "node-0", confDir: "/etc/cni/net.d", binDirs: ["/opt/cni/bin"] },
    {
      name: "earlier",
      uid: "6a0a3f5e-0000-0000-0000-000000000000",
      namespace: "kube-system",
      pullSecrets: [],
    },
    IMAGE,
  ) as ApiObject;
  nodes.dead.add("node-0");
  const { ownerReferences: _, ...metadata } = dead.metadata;
  await kubectl.run("create", "serviceaccount", "multus", "-n", "kube-system");
  await client.create(PODS, { ...dead, metadata: { ...metadata, name: "multus-operator-inspect-left" } });
  await kubectl.run("delete", "serviceaccount", "multus", "-n", "kube-system");
  nodes.dead.clear();
  nodes.found.set("node-3", { primary: { file: "10-flannel.conflist", networkName: "cbr0" } });
  nodes.found.set("node-4", { confFiles: [], leftovers: ["/etc/cni/net.d/00-multus.conf.cilium_bak"] });

  nodes.atOnce.inspect = 10;
  await startOperator();
  await apply({});
  await waitUntil(
    "all nodes to be looked at",
    async () => (await status()).primaryNetwork?.nodesInspected === COUNT,
    {
      everyMs: 250,
    },
  );
  const found = await status();
  expect(found.primaryNetwork?.files).toEqual([
    { file: "10-calico.conflist", networkName: "k8s-pod-network", nodes: COUNT - 1 },
    { file: "10-flannel.conflist", networkName: "cbr0", nodes: 1 },
  ]);
  expect(found.warnings?.join()).toContain("different primary networks");
  expect(found.nodes?.unhealthy?.map(({ node, reason }) => `${node} ${reason}`)).toEqual([
    "node-4 CiliumExclusive",
  ]);
  expect(nodes.mostAtOnce.inspect).toBe(10);
  const checks = nodes.tasks.filter(({ node }) => node !== "node-4").map(({ node }) => node);
  expect(checks.toSorted()).toEqual([...new Set(checks)].toSorted()); // node-4 is looked at again, since it is not well
  expect(checks).toEqual(expect.arrayContaining([CORDONED, TAINTED]));
  nodes.found.delete("node-4");
  await waitUntil("node-4 to be well", async () => (await status()).conditions?.[0]?.status === "True", {
    everyMs: 250,
  });
  await waitUntil("no task's pod to be left", async () => (await taskPods("kube-system")) === "");
});

it("inspects again, not within the hour but now, a node on which a pod got no network", async () => {
  nodes.tasks.length = 0;
  inspections.suspect("node-7");
  await waitUntil("the look", () => nodes.tasks.some(({ node }) => node === "node-7"));
  expect(nodes.tasks.map(({ node }) => node)).toEqual(["node-7"]);
});

it("forgets a node that is deleted, and inspects one that joins", async () => {
  await kubectl.run("delete", "node", "node-5");
  await nodes.add("node-new");
  await waitUntil("the new node to be looked at", () => nodes.tasks.some(({ node }) => node === "node-new"));
  await waitUntil(
    "the old one to be forgotten",
    async () => (await status()).primaryNetwork?.nodesInspected === COUNT,
    {
      everyMs: 250,
    },
  );
});

it("has what a previous Multus left removed where a look shows it, and looks again, once", async () => {
  nodes.found.set("node-late", { multusFiles: ["/opt/cni/bin/multus", "/opt/cni/bin/multus-shim"] });
  await nodes.add("node-late");
  const kinds = () => nodes.tasks.filter(({ node }) => node === "node-late").map(({ kind }) => kind);
  await waitUntil("the node to be cleaned and looked at again", () => kinds().length >= 3);
  // What is still seen there was kept, and is no reason to begin again.
  await apply({ uninstall: { timeout: "1m" } });
  await waitUntil("the operator to have seen it", async () => {
    const { observedGeneration, conditions } = await status();
    const generation = await kubectl.run(
      "get",
      "multusinstall",
      "-o",
      "jsonpath={.items[0].metadata.generation}",
    );
    return String(observedGeneration) === generation && conditions?.[0]?.status === "True";
  });
  expect(kinds()).toEqual(["inspect", "clean", "inspect"]);
  expect(nodes.tasks.filter(({ kind }) => kind === "clean")).toHaveLength(1);
  await kubectl.run("delete", "node", "node-late");
});

it("cleans every node of a directory that the spec no longer has, once, before the rollout is over", async () => {
  nodes.tasks.length = 0;
  const cleaned = () => nodes.tasks.filter(({ kind }) => kind === "clean").map(({ node }) => node);
  // Of one node the answer is a problem at first: it is tried again, and the directory is not forgotten.
  nodes.behave = (kind, node) => (kind === "clean" && node === "node-3" ? "refuses" : "answers");
  const kept = async () =>
    await kubectl.run(
      ...["get", "configmap", "multus-last-complete", "-n", "kube-system", "-o"],
      "jsonpath={.data.previous-directories\\.json}",
    );
  await apply({
    cni: { confDir: "/etc/cni/multus/moved" },
    workload: { updateStrategy: { maxUnavailable: "100%" } },
  });
  await new TestInstall(kubectl).ready();
  await waitUntil("the directory that is not clean to be kept", async () => (await kept()) !== "");
  expect(JSON.parse(await kept())).toEqual({ confDir: "/etc/cni/net.d" });
  await waitUntil("the node to be named", async () =>
    ((await status()).warnings ?? []).join().includes("files of a previous Multus are still on 1 node"),
  );
  nodes.behave = () => "answers";
  await waitUntil("the last node to be clean", async () => (await kept()) === "");
  const names = cleaned().filter((node) => node !== "node-3");
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  expect(names).toHaveLength(COUNT - 1);
  await new TestInstall(kubectl).ready();
});

it.each(["kube-system", "elsewhere"])(
  "admits the priority class of a task in %s, and runs the task without it if the namespace rejects the class",
  async (namespace) => {
    if (namespace !== "kube-system") await kubectl.run("create", "namespace", namespace);
    if (namespace !== "kube-system") await kubectl.run("create", "serviceaccount", "multus", "-n", namespace);
    const runner = new TaskRunner(client, log, IMAGE);
    const seen: (string | undefined)[] = [];
    const pods = new Reflector<true>({
      ...{ client, log, type: PODS, namespace, labelSelector: NODE_TASK },
      project: () => true,
      onChange: (key) => void noteClass(key),
    });
    const noteClass = async (key: string) => {
      const name = key.split("/")[1] ?? "";
      const pod = await client.get({ type: PODS, namespace, name });
      if (pod) seen.push((pod.spec as { priorityClassName?: string }).priorityClassName);
    };
    pods.start();
    await pods.whenSynced();
    const { metadata } = await new TestInstall(kubectl).now<{ metadata: { uid: string } }>();
    const owner = { name: "multus", uid: metadata.uid, namespace, pullSecrets: [] };
    const run = async (node: string) =>
      await runner.run(
        { kind: "inspect", node, confDir: "/etc/cni/net.d", binDirs: ["/opt/cni/bin"] },
        { ...owner, priorityClassName: "system-node-critical" },
        AbortSignal.timeout(60_000),
      );
    try {
      expect((await run("node-5")).exitCode).toBe(0);
      expect(new Set(seen)).toEqual(new Set(["system-node-critical"]));
      seen.length = 0;
      await rejectPriority(namespace);
      await waitUntil("the class to be rejected", async () => {
        await run("node-6");
        return seen.includes(undefined);
      });
    } finally {
      await kubectl.run("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "--all");
      await runner.stop();
      await pods.stop();
    }
  },
);

/** As a quota for priority classes does that is not given to the namespace (GKE): with 403. */
async function rejectPriority(namespace: string): Promise<void> {
  const name = "reject-priority";
  const match = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  const [apiGroups, apiVersions, resources, operations] = [[""], ["v1"], ["pods"], ["CREATE"]];
  const policy = {
    ...{
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
    },
    spec: {
      matchConstraints: { resourceRules: [{ apiGroups, apiVersions, resources, operations }] },
      validations: [{ expression: "object.spec.?priorityClassName.orValue('') == ''", reason: "Forbidden" }],
    },
  };
  const binding = {
    ...{ ...policy, kind: "ValidatingAdmissionPolicyBinding" },
    spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector: match } },
  };
  for (const object of [policy, binding])
    await kubectl.runWithInput(JSON.stringify(object), "apply", "-f", "-");
}

it("cleans twenty nodes at a time, and goes on without the one that is lost", async () => {
  await apply({ uninstall: { timeout: "3s" } });
  nodes.tasks.length = 0;
  nodes.mostAtOnce.clean = 0;
  nodes.atOnce.clean = 20;
  await nodes.lose("node-6");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  const cleaned = nodes.tasks.filter(({ kind }) => kind === "clean").map(({ node }) => node);
  expect(new Set(cleaned).size).toBe(COUNT - 1);
  expect(cleaned).not.toContain("node-6");
  expect(nodes.mostAtOnce.clean).toBe(20);
  await kubectl.run("delete", "node", "node-6");
  expect(await notCleaned()).toMatch(/^1 node was not cleaned .*: node-6 \(its kubelet does not answer\)$/);
  await waitUntil(
    "no pod to be left",
    async () => (await kubectl.run("get", "pods", "-A", "-o", "name")) === "",
  );
});

it("does nothing on nodes if the spec forbids it", async () => {
  nodes.tasks.length = 0;
  await apply({ nodes: { inspection: "Off" }, uninstall: { nodes: "Leave" } });
  await waitUntil("Multus to run", async () => (await status()).conditions?.[0]?.status === "True", {
    everyMs: 250,
  });
  expect(await status()).not.toHaveProperty("primaryNetwork");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  expect(nodes.tasks).toEqual([]);
});

it("leaves nodes of another architecture alone, and names one that falls silent", async () => {
  nodes.tasks.length = 0;
  await kubectl.run("label", "node", "node-8", "kubernetes.io/arch=arm64", "--overwrite");
  await apply({
    version: "v3.4.2",
    workload: { architectures: ["amd64"] },
    uninstall: { nodes: "Leave", timeout: "3s" },
  });
  const there = (await kubectl.run("get", "nodes", "-o", "name")).trim().split("\n").length;
  await waitUntil(
    "the others to be looked at",
    async () => (await status()).primaryNetwork?.nodesInspected === there - 1,
    { everyMs: 250 },
  );
  expect(nodes.tasks.map(({ node }) => node)).not.toContain("node-8");
  await nodes.lose("node-9");
  // As the node controller does.
  const onNode = [
    "pods",
    "-n",
    "kube-system",
    "-l",
    "name=multus",
    "--field-selector",
    "spec.nodeName=node-9",
  ];
  const name = await kubectl.run("get", ...onNode, "-o", "jsonpath={.items[0].metadata.name}");
  const notReady = JSON.stringify({ status: { conditions: [{ type: "Ready", status: "False" }] } });
  await kubectl.run("patch", "pod", name, "-n", "kube-system", "--subresource=status", "-p", notReady);
  await waitUntil(
    "the status to name the silent node",
    async () => {
      const found = (await status()).nodes?.unhealthy ?? [];
      return found.map(({ node, reason }) => `${node} ${reason}`).join() === "node-9 NodeNotReady";
    },
    { everyMs: 250 },
  );
  // Multus was complete before: a node that is down is no rollout.
  const [ready, reconciling] = (await status()).conditions ?? [];
  expect(ready).toMatchObject({ type: "Ready", status: "False", reason: "NodesUnhealthy" });
  expect(reconciling).toMatchObject({ type: "Reconciling", status: "False", reason: "Settled" });
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  await kubectl.run("delete", "node", "node-9");
});

it("ends, and says which nodes are not clean, when the namespace of the pods is gone", async () => {
  await kubectl.run("delete", "events", "--all", "-n", "default");
  await kubectl.run("create", "namespace", "passing");
  await apply({ namespace: "passing", uninstall: { timeout: "3s" } });
  await waitUntil("a look", async () => ((await status()).primaryNetwork?.nodesInspected ?? 0) > 0);
  await kubectl.run("delete", "namespace", "passing", "--timeout=120s");
  await waitUntil("the status to say so", async () =>
    /passing/.test((await status()).conditions?.[0]?.message ?? ""),
  );
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  expect(await notCleaned()).toMatch(/^[0-9]+ nodes? (was|were) not cleaned/);
  expect(await kubectl.run("get", "clusterrole", "multus", "--ignore-not-found", "-o", "name")).toBe("");
});
