import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";
import { FaultProxy } from "./kube/fault-proxy.ts";

/** A replica that is asked to stop waits for no write, whatever the API server does with it. It runs alone, as test/limits. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
});
afterAll(async () => await plane?.stop());

const TAINT = { key: "multus-operator.dev/not-ready", effect: "NoSchedule" };
const INSTALL = {
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec: { nodes: { startupTaint: TAINT.key }, uninstall: { nodes: "Leave" } },
};
const is = (method: string, path: RegExp) => (request: IncomingMessage) =>
  request.method === method && path.test(request.url ?? "");

/** What happens, and the write of the operator that then gets no answer; in the order in which they come up. */
const writes: { name: string; happens?: () => Promise<unknown>; hangs: (r: IncomingMessage) => boolean }[] = [
  {
    name: "the finalizer",
    happens: () => kubectl.runWithInput(JSON.stringify(INSTALL), "apply", "-f", "-"),
    hangs: is("PATCH", /\/multusinstalls\/multus$/),
  },
  { name: "the status", hangs: is("PATCH", /\/multusinstalls\/multus\/status\?/) },
  { name: "an object", hangs: is("PATCH", /\/daemonsets\/.*force=(?:true|false)$/) },
  { name: "an event", hangs: is("POST", /\/events$/) },
  {
    name: "the deletion of an object",
    happens: async () => {
      // A write that hung may have been the last one of the install.
      await startToTheEnd();
      const node = { apiVersion: "v1", kind: "Node", metadata: { name: "a" }, spec: { taints: [TAINT] } };
      await kubectl.runWithInput(JSON.stringify(node), "create", "-f", "-");
      await kubectl.run("delete", "multusinstall", "multus", "--wait=false");
    },
    hangs: is("DELETE", /\/daemonsets\//),
  },
  { name: "a node's taints", hangs: is("PATCH", /\/nodes\/a$/) },
  { name: "the removal of the finalizer", hangs: is("PATCH", /\/multusinstalls\/multus$/) },
];

async function startToTheEnd(): Promise<void> {
  const controller = await startInstallController(plane.kubeconfig);
  const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}';
  await waitUntil(
    "the install",
    async () => (await kubectl.run("get", "multusinstall", "multus", "-o", path)) === "NoMatchingNodes",
  );
  await controller.stop();
}

it.each(writes)("ends within a second while $name hangs", async ({ happens, hangs }) => {
  await happens?.();
  await using proxy = await FaultProxy.start(plane);
  let isHanging = false;
  proxy.fault = (request) => {
    if (!hangs(request)) return false;
    isHanging = true;
    return true; // never answered
  };
  const controller = await startInstallController(proxy.kubeconfig);
  await waitUntil("the write", async () => isHanging);
  const asked = performance.now();
  await controller.stop();
  expect(performance.now() - asked).toBeLessThan(1000);
});
