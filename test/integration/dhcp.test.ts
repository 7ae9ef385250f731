import { setTimeout } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient, type RequestInfo } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, DAEMON_SETS } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { PLUGINS_IMAGE } from "../cluster/images.ts";
import { type Install, TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { macvlan, nad } from "../cluster/network-scenarios.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** The DaemonSet of the dhcp plugin's daemon, with a real API server: nodes are played. */

const OPERATOR = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
const AUTO = { dhcp: { daemon: "Auto" }, plugins: { image: PLUGINS_IMAGE } };
const DAEMON = { type: DAEMON_SETS, namespace: "kube-system", name: "multus-dhcp" };

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let nodes: HollowNodes;
let operator: InstallOperator;
let install: TestInstall;
/** The operator's. */
const requests: string[] = [];

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  install = new TestInstall(kubectl);
  await applyInstallDefinition(kubectl);
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  nodes = new HollowNodes(client, pino({ level: "silent" }));
  for (const name of ["node-a", "node-b"]) await nodes.add(name);
  const hooks = { before: ({ method, path }: RequestInfo) => void requests.push(`${method} ${path}`) };
  operator = await startInstallController(plane.kubeconfig, { hooks, image: OPERATOR });
});

afterAll(async () => {
  await operator?.stop();
  await nodes?.stop();
  await plane?.stop();
});

type Status = NonNullable<Install["status"]> & {
  inventory?: { kind: string; name: string }[];
  dhcp?: { desired: number; available: number };
};
const status = async () => (await install.now<{ status?: Status }>()).status ?? {};
const daemon = async () => await kubectl.client.get<ApiObject & { spec: object }>(DAEMON);
const listed = async () => ((await status()).inventory ?? []).some(({ name }) => name === "multus-dhcp");

it("is not there while no network needs it", async () => {
  await install.apply({ ...AUTO });
  await install.ready();
  expect(await daemon()).toBeUndefined();
  expect(await listed()).toBe(false);
});

it("is applied once one does, in its chain's IPAM, without a rollout of Multus", async () => {
  const ready = await install.condition("Ready");
  const chain = { cniVersion: "0.3.1", plugins: [macvlan({ type: "dhcp" }), { type: "tuning" }] };
  await kubectl.runWithInput(JSON.stringify(nad("leased", chain)), "apply", "-f", "-");
  await waitUntil("the daemon on both nodes", async () => (await status()).dhcp?.available === 2);
  expect((await status()).dhcp).toMatchObject({ desired: 2, available: 2 });
  expect(await listed()).toBe(true);
  expect((await install.condition("Ready"))?.lastTransitionTime).toBe(ready?.lastTransitionTime);
});

it("costs no write of the status that changes nothing", async () => {
  await install.apply({ ...AUTO, logging: { level: "debug" } });
  await install.ready();
  await setTimeout(3000);
  requests.length = 0;
  await kubectl.run("label", "multusinstall", "multus", "reconcile=once"); // which reconciles it
  await setTimeout(3000);
  expect(requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
});

it("is repaired, and comes again after it was deleted", async () => {
  const before = await daemon();
  await kubectl.client.patch(DAEMON, { spec: { template: { spec: { hostNetwork: false } } } });
  const isWhole = async () => JSON.stringify(await daemon()).includes('"hostNetwork":true');
  await waitUntil("the daemon to be repaired", isWhole);
  await kubectl.client.delete(DAEMON);
  await waitUntil("another one", async () => {
    const uid = (await daemon())?.metadata.uid;
    return uid !== undefined && uid !== before?.metadata.uid;
  });
});

it("stays when Multus is replaced, and while its network may have pods", async () => {
  const uid = (await daemon())?.metadata.uid;
  await install.apply({ mode: "Thick", ...AUTO });
  await install.ready();
  await kubectl.run("delete", "net-attach-def", "leased");
  await install.apply({ mode: "Thick", ...AUTO, logging: { level: "debug" } });
  await install.ready();
  expect((await daemon())?.metadata.uid).toBe(uid);
  expect(await listed()).toBe(true);
});

it("goes when it is Off, and Multus stays", async () => {
  await install.apply({ mode: "Thick", dhcp: { daemon: "Off" } });
  await waitUntil("the daemon to be gone", async () => (await daemon()) === undefined);
  await waitUntil("the status not to list it", async () => !(await listed()) && !(await status()).dhcp);
  await install.ready();
});

it("goes with the MultusInstall, also if the status no longer lists it", async () => {
  await kubectl.runWithInput(JSON.stringify(nad("leased", macvlan({ type: "dhcp" }))), "apply", "-f", "-");
  await install.apply({ ...AUTO });
  await install.ready();
  await waitUntil("the daemon", async () => (await daemon()) !== undefined);
  await install.remove();
  expect(await daemon()).toBeUndefined();
});

it("does not keep the deletion waiting on a node that is lost, once the time for it is over", async () => {
  await install.apply({ ...AUTO, uninstall: { timeout: "10s" } });
  await install.ready();
  await waitUntil("the daemon on both nodes", async () => (await status()).dhcp?.available === 2);
  await nodes.lose("node-b");
  await install.remove();
  expect(await daemon()).toBeUndefined();
});
