import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NODE_TASK } from "../../src/controllers/nodes/task-pod.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { macvlan, nad, range } from "../cluster/network-scenarios.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** Which plugins are installed where, for which networks, with a real API server: nodes are played. */

const OPERATOR = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
const IMAGE = "registry.example/cni-plugins:v1";
const NEWER = "registry.example/cni-plugins:v2";
const log = pino({ level: "silent" });

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let nodes: HollowNodes;
let operator: InstallOperator;
let install: TestInstall;

interface Plugins {
  image: string;
  needed?: string[];
  nodesInspected: number;
  pendingTotal: number;
  failedTotal: number;
  failed?: { node: string; message: string }[];
}

const spec = (more: object = {}, image = "v1") => ({
  plugins: {
    install: "Missing",
    image: { registry: "registry.example", repository: "cni-plugins", tag: image },
    ...more,
  },
});
const plugins = async () => (await install.now<{ status?: { plugins?: Plugins } }>()).status?.plugins;
const apply = async (object: object) =>
  await kubectl.runWithInput(JSON.stringify(object), "apply", "-f", "-");
const settled = async (needed: string[]) =>
  await waitUntil(`the nodes to have ${needed.join() || "nothing"}`, async () => {
    const found = await plugins();
    const isOver = found?.pendingTotal === 0 && found.failedTotal === 0 && found.nodesInspected === 2;
    return isOver && (found.needed ?? []).join() === needed.join();
  });

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  install = new TestInstall(kubectl);
  await applyInstallDefinition(kubectl);
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  nodes = new HollowNodes(client, log);
  for (const name of ["node-a", "node-b"]) await nodes.add(name);
  operator = await startInstallController(plane.kubeconfig, { client, image: OPERATOR });
});

afterAll(async () => {
  await operator?.stop();
  await nodes?.stop();
  await plane?.stop();
});

it("installs what spec.plugins.include names, and nothing for networks that are not valid", async () => {
  await install.apply(spec({ include: ["tuning"] }));
  await install.ready();
  await settled(["tuning"]);
  await apply(nad("faulty", macvlan(range(10, 5))));
  await apply(nad("vendor", { cniVersion: "0.3.1", type: "sh" }));
  expect(nodes.pluginTasks.toSorted((a, b) => a.node.localeCompare(b.node))).toEqual(
    ["node-a", "node-b"].map((node) => ({ node, plugins: ["tuning"], image: IMAGE })),
  );
});

it("installs what a new network needs, in one pod for each node, while Ready stays True", async () => {
  nodes.pluginTasks.length = 0;
  const since = (await install.condition("Ready"))?.lastTransitionTime;
  await apply(nad("lan", macvlan(range(100, 120))));
  await settled(["host-local", "macvlan", "tuning"]);
  expect(nodes.pluginTasks.map((task) => task.plugins)).toEqual([
    ["host-local", "macvlan"],
    ["host-local", "macvlan"],
  ]);
  expect((await install.condition("Ready"))?.lastTransitionTime).toBe(since);
  // A second network that needs the same costs no pod.
  await apply(nad("more", macvlan(range(121, 130))));
  await apply(nad("last", { cniVersion: "0.3.1", type: "bridge", bridge: "br1" }));
  await settled(["bridge", "host-local", "macvlan", "tuning"]);
  expect(nodes.pluginTasks.slice(2).map((task) => task.plugins)).toEqual([["bridge"], ["bridge"]]);
});

it("installs them on a node that joins", async () => {
  nodes.pluginTasks.length = 0;
  await nodes.add("node-c");
  await waitUntil("the new node to have them", async () => nodes.plugins.has("node-c"));
  expect(nodes.pluginTasks).toEqual([
    { node: "node-c", plugins: ["bridge", "host-local", "macvlan", "tuning"], image: IMAGE },
  ]);
  await kubectl.run("delete", "node", "node-c");
  nodes.plugins.delete("node-c");
});

it("replaces what is of another image", async () => {
  nodes.pluginTasks.length = 0;
  await install.apply(spec({}, "v2"));
  await waitUntil("the plugins of the new image", async () =>
    ["node-a", "node-b"].every((node) => nodes.plugins.get(node)?.image === NEWER),
  );
  const all = ["bridge", "host-local", "macvlan", "tuning"];
  expect(nodes.pluginTasks.map((task) => task.plugins)).toEqual([all, all]);
  await settled(["bridge", "host-local", "macvlan"]);
});

it("reports a node on which that fails, with the reason, and Multus stays Ready", async () => {
  nodes.behave = (kind, node) => (kind === "plugins" && node === "node-a" ? "refuses" : "answers");
  await apply(nad("tapped", { cniVersion: "0.3.1", type: "tap" }));
  await waitUntil("the status to name the node", async () => (await plugins())?.failedTotal === 1);
  expect((await plugins())?.failed).toEqual([
    { node: "node-a", message: "/opt/cni/bin/macvlan: the node's disk is full" },
  ]);
  expect((await install.condition("Warning"))?.message).toBe(
    "CNI plugins (spec.plugins) could not be installed on 1 node, and the operator retries: node-a: /opt/cni/bin/macvlan: the node's disk is full",
  );
  expect((await install.condition("Ready"))?.status).toBe("True");
  nodes.behave = () => "answers";
  await settled(["bridge", "host-local", "macvlan", "tap"]);
});

it("installs nothing while the install is paused, nor once it is Off", async () => {
  nodes.pluginTasks.length = 0;
  await install.apply({ ...spec({}, "v2"), paused: true });
  await install.reason("Reconciling", "Paused");
  await apply(nad("routed", { cniVersion: "0.3.1", type: "vrf", vrfname: "red" }));
  await install.apply({ plugins: { install: "Off" } });
  await waitUntil("the status to have no plugins", async () => (await plugins()) === undefined);
  await install.ready();
  expect(nodes.pluginTasks).toEqual([]);
  expect(nodes.plugins.get("node-a")?.installed).toContain("macvlan");
});

it("waits for a pod that installs plugins before it cleans the node, and leaves none", async () => {
  let ends = false;
  nodes.taskMs = 3000;
  await install.apply(spec({ include: ["vlan"] }, "v2"));
  await waitUntil("plugins to be installed", async () => {
    const pods = await kubectl.run(
      "get",
      "pods",
      "-n",
      "kube-system",
      "-l",
      `${NODE_TASK}=plugins`,
      "-o",
      "name",
    );
    return pods.trim().split("\n").filter(Boolean).length === 2;
  });
  const removed = install.remove().then(() => {
    ends = true;
  });
  await waitUntil("the status to name what it waits for", async () => {
    const message = (await install.condition("Ready").catch(() => undefined))?.message ?? "";
    return ends || message.includes("the pod that installs CNI plugins has not terminated");
  });
  expect(ends).toBe(false);
  await removed;
  nodes.taskMs = 150;
  const kinds = nodes.tasks.map(({ kind }) => kind);
  expect(kinds.lastIndexOf("plugins")).toBeLessThan(kinds.indexOf("clean"));
  expect(nodes.plugins.size).toBe(0);
  expect(await kubectl.run("get", "pods", "-n", "kube-system", "-l", NODE_TASK, "-o", "name")).toBe("");
});
