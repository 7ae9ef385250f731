import { afterAll, beforeAll, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, DAEMON_SETS, PODS } from "../../src/kube/resource.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";
import { FaultProxy } from "./kube/fault-proxy.ts";

/** The operator's copy of Multus' pods stops while that of the DaemonSet goes on: nothing is called Ready by it. */

let plane: BorrowedControlPlane;
let proxy: FaultProxy;
let kubectl: Kubectl;
let nodes: HollowNodes;
let controller: InstallOperator;

/** Pods are replaced when they are deleted by hand, so that the test decides when. */
const spec = (level: string) => ({
  mode: "Thin",
  logging: { level },
  nodes: { inspection: "Off" },
  uninstall: { nodes: "Leave" },
  workload: { updateStrategy: { type: "OnDelete" } },
});
const PODS_OF_MULTUS = /\/pods\?.*labelSelector=app(=|%3D)multus(&|$)/;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  nodes = new HollowNodes(new KubeClient(connect({ kubeconfig: plane.kubeconfig })), createLogger("error"));
  for (const name of ["node-a", "node-b"]) await nodes.add(name);
  proxy = await FaultProxy.start(plane);
  controller = await startInstallController(proxy.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await proxy?.[Symbol.asyncDispose]();
  await nodes?.stop();
  await plane?.stop();
});

const install = () => new TestInstall(kubectl);
const NAMESPACE = "kube-system";
const REF = { type: DAEMON_SETS, namespace: NAMESPACE, name: "kube-multus-ds" };

interface DaemonSet extends ApiObject {
  status?: { observedGeneration?: number; updatedNumberScheduled?: number; numberAvailable?: number };
}

/** Waits until the template has changed since `generation` and `updated` nodes run the new one. Returns the new generation. */
async function templateAfter(generation: number, updated: number): Promise<number> {
  let now = 0;
  await waitUntil(`a template after generation ${generation} on ${updated} nodes`, async () => {
    const { metadata, status = {} } = (await kubectl.client.get<DaemonSet>(REF)) ?? {};
    now = metadata?.generation ?? 0;
    const { observedGeneration, updatedNumberScheduled = 0, numberAvailable } = status;
    return (
      now > generation &&
      observedGeneration === now &&
      updatedNumberScheduled === updated &&
      numberAvailable === 2
    );
  });
  return now;
}

it("is not Ready while only pods of the previous template were seen, and is once the new ones are", async () => {
  await install().apply(spec("debug"));
  await install().ready();
  const first = await templateAfter(0, 2);
  await install().apply(spec("panic"));
  const second = await templateAfter(first, 0);
  // From here on neither a watch nor a list of Multus' pods is answered; everything else is.
  const held = Promise.withResolvers<boolean>();
  proxy.fault = ({ url = "" }) => (PODS_OF_MULTUS.test(url) ? held.promise : false);
  proxy.reset();
  await kubectl.run("delete", "pods", "-n", NAMESPACE, "-l", "app=multus,name=multus", "--wait=false");
  await templateAfter(second - 1, 2);
  const message = await install().reason("Ready", "RolloutInProgress", /not observed yet/);
  expect(message).toBe("2 of 2 nodes updated, 2 available; 2 Ready pods not observed yet");
  held.resolve(false);
  await install().ready();
});

it("is Ready again with a template that came back before a pod was replaced, and asks once whether one was", async () => {
  const asked = () => proxy.requests.filter((request) => request.includes("pod-template-generation")).length;
  const before = asked();
  const now = await templateAfter(0, 2);
  // A pod of another DaemonSet has that generation, as with Multus v3, which has a DaemonSet for each architecture.
  const { metadata } = (await kubectl.client.get<DaemonSet>(REF)) as DaemonSet;
  const generation = Number(metadata.annotations?.["deprecated.daemonset.template.generation"]);
  await kubectl.client.create(PODS, {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      ...{ name: "another", namespace: NAMESPACE },
      labels: { app: "multus", "pod-template-generation": String(generation + 2) },
    },
    spec: { nodeName: "node-a", containers: [{ name: "multus", image: "multus" }] },
  });
  await install().apply(spec("debug"));
  const other = await templateAfter(now, 0);
  await install().apply(spec("panic"));
  await templateAfter(other, 2);
  await install().ready();
  expect(asked() - before).toBe(1);
  // Nothing is asked at rest.
  await kubectl.run("annotate", "multusinstall", "multus", "example.com/look=again");
  await install().ready();
  expect(asked() - before).toBe(1);
});
