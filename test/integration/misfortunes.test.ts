import { afterAll, beforeAll, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** What somebody may do to an install behind the operator's back, and what becomes of it. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let controller: InstallOperator;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await plane?.stop();
});

const apply = async (name: string, spec: object) => await new TestInstall(kubectl, name).apply(spec);
const reason = async (name: string, type: string, expected: string) =>
  await new TestInstall(kubectl, name).reason(type, expected);

const installOf = async (kind: string, name: string, namespace: string) =>
  await kubectl.run(
    "get",
    kind,
    name,
    "-n",
    namespace,
    "--ignore-not-found",
    "-o",
    "jsonpath={.metadata.labels.multus-operator\\.dev/install}",
  );

it("says that its namespace is being deleted, waits for one of that name, and can be deleted without", async () => {
  await kubectl.run("create", "namespace", "networks");
  await apply("multus", { namespace: "networks", mode: "Thick" });
  await reason("multus", "Ready", "NoMatchingNodes");
  await kubectl.run("delete", "namespace", "networks", "--timeout=120s");
  await reason("multus", "Stalled", "NamespaceMissing");
  await kubectl.run("create", "namespace", "networks");
  await reason("multus", "Ready", "NoMatchingNodes");
  for (const [kind, name] of [
    ["daemonset", "kube-multus-ds"],
    ["configmap", "multus-daemon-config"],
    ["serviceaccount", "multus"],
  ] as const)
    expect(await installOf(kind, name, "networks"), `${kind} ${name}`).toBe("multus");

  await kubectl.run("delete", "namespace", "networks", "--timeout=120s");
  await reason("multus", "Stalled", "NamespaceMissing");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  expect(await installOf("clusterrole", "multus", "default")).toBe("");
});

it("puts a stripped finalizer back, and gives what a forced deletion left to the next install", async () => {
  const strip = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
  await apply("first", {});
  await reason("first", "Ready", "NoMatchingNodes");
  await kubectl.run("patch", "multusinstall", "first", ...strip);
  await waitUntil("the finalizer to be back", async () =>
    (await kubectl.run("get", "multusinstall", "first", "-o", "jsonpath={.metadata.finalizers}")).includes(
      "multus-operator.dev/cleanup",
    ),
  );

  // Paused, nothing puts it back.
  await apply("first", { paused: true });
  await reason("first", "Reconciling", "Paused");
  await kubectl.run("patch", "multusinstall", "first", ...strip);
  await kubectl.run("delete", "multusinstall", "first", "--timeout=120s");
  expect(await installOf("daemonset", "kube-multus-ds", "kube-system")).toBe("first");

  await apply("second", { version: "v4.3.0" });
  await reason("second", "Ready", "NoMatchingNodes");
  // The role follows in the reconcile after that of the DaemonSet: previous pods may need what it allows.
  for (const [kind, name] of [
    ["daemonset", "kube-multus-ds"],
    ["serviceaccount", "multus"],
    ["clusterrole", "multus"],
    ["clusterrolebinding", "multus"],
  ] as const)
    await waitUntil(
      `${kind} ${name} to be the second install's`,
      async () => (await installOf(kind, name, "kube-system")) === "second",
    );
  await kubectl.run("delete", "multusinstall", "second", "--timeout=120s");
  expect(await installOf("daemonset", "kube-multus-ds", "kube-system")).toBe("");
});
