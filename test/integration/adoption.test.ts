import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { importInstall } from "../../src/import/import.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";
import { type ManifestObject, upstreamManifest } from "./upstream-manifests.ts";

/** A Multus that kubectl installed from upstream's manifests becomes the operator's, on a real API server. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let install: TestInstall;
let controller: InstallOperator;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  install = new TestInstall(kubectl);
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await plane?.stop();
});

afterEach(async () => {
  await kubectl.run("delete", "multusinstall", "--all", "--timeout=120s");
  const kinds = "daemonset,configmap,serviceaccount";
  await kubectl.run("delete", kinds, "-n", "kube-system", "-l", "app=multus", "--timeout=120s");
  await kubectl.run(
    "delete",
    "serviceaccount,clusterrole,clusterrolebinding",
    "multus",
    "-n",
    "kube-system",
    "--ignore-not-found",
  );
});

/** As users do: client-side apply, whose field manager is kubectl-client-side-apply. */
async function byHand(manifest: ManifestObject[]): Promise<void> {
  await kubectl.runWithInput(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: manifest }),
    "apply",
    "-f",
    "-",
  );
}

interface DaemonSet {
  metadata: {
    labels: Record<string, string>;
    managedFields: { manager: string; operation: string; subresource?: string }[];
  };
  spec: { minReadySeconds?: number; template: unknown };
}

const daemonSet = async (name: string) =>
  await kubectl.get<DaemonSet>("daemonset", name, "-n", "kube-system", "--show-managed-fields");
/** The DaemonSet controller keeps one for each pod template that there was: more than one is a restart. */
const templates = async () =>
  (await kubectl.run("get", "controllerrevisions", "-n", "kube-system", "-l", "name=multus", "-o", "name"))
    .split("\n")
    .filter(Boolean).length;
const revisionOf = async (count: number) =>
  await waitUntil("the DaemonSet controller to see it", async () => (await templates()) === count);

const MANIFESTS = [
  ["v4 thin", "kube-multus-ds"],
  ["v4 thick", "kube-multus-ds"],
  ["v3.4.2", "kube-multus-ds-amd64"],
] as const;

/** Of v3.4.2's two architectures the image of one alone can be carried over. */
const manifestOf = (name: (typeof MANIFESTS)[number][0]) =>
  upstreamManifest(name).filter(({ metadata }) => metadata.name !== "kube-multus-ds-ppc64le");

describe.each(MANIFESTS)("a Multus that was installed from the manifest of %s", (manifest, name) => {
  const spec = importInstall(manifestOf(manifest)).install.spec;

  it("is reported and left alone without adopt", async () => {
    await byHand(manifestOf(manifest));
    const before = await daemonSet(name);
    await install.apply(spec);
    expect(await install.reason("Stalled", "OwnershipConflict")).toContain("spec.adopt: true");
    expect((await daemonSet(name)).spec).toEqual(before.spec);
  });

  it("becomes the operator's without another pod template where the spec wants just that", async () => {
    await byHand(manifestOf(manifest));
    await revisionOf(1);
    const before = await daemonSet(name);
    await install.apply({ ...spec, adopt: true });
    await install.reason("Ready", "NoMatchingNodes");
    const { warnings = [] } = await install.status();
    expect(warnings.join("\n")).toContain(`${name} was adopted, and its pods were not restarted`);
    const after = await daemonSet(name);
    expect(after.spec.template).toEqual(before.spec.template);
    expect(after.spec.minReadySeconds).toBe(5);
    expect(after.metadata.labels["multus-operator.dev/install"]).toBe("multus");
    expect(await templates()).toBe(1);
    // The role is the operator's narrow one now, and nobody else holds a field of it.
    const role = await kubectl.get<{ rules: unknown[]; metadata: DaemonSet["metadata"] }>(
      "clusterrole",
      "multus",
      "--show-managed-fields",
    );
    expect(JSON.stringify(role.rules)).not.toContain('"*"');
    expect(role.metadata.managedFields.map(({ manager }) => manager)).toEqual(["multus-operator"]);
  });

  it("changes its pods with the first change that they need, and leaves nothing of the manifest in them", async () => {
    await byHand(manifestOf(manifest));
    await install.apply({ ...spec, adopt: true });
    await install.reason("Ready", "NoMatchingNodes");
    await install.apply({ ...spec, adopt: true, logging: { level: "debug" } });
    await install.reason("Ready", "NoMatchingNodes");
    const after = await daemonSet(name);
    expect(JSON.stringify(after.spec.template)).not.toContain("/tmp/multus-conf");
    const own = after.metadata.managedFields.filter(
      ({ subresource, manager }) => !subresource && manager !== "kube-controller-manager",
    );
    expect(own.map(({ manager, operation }) => [manager, operation])).toEqual([["multus-operator", "Apply"]]);
    await revisionOf(2);
  });

  it("restarts its pods where the spec wants others, and says in which fields", async () => {
    await byHand(manifestOf(manifest));
    await install.apply({
      ...spec,
      adopt: true,
      workload: { ...(spec.workload as object), resources: undefined },
    });
    await install.reason("Ready", "NoMatchingNodes");
    await revisionOf(2);
    expect(JSON.stringify((await daemonSet(name)).spec.template)).not.toContain('"limits"');
    const notes = await kubectl.run("get", "events.events.k8s.io", "-A", "-o", "jsonpath={.items[*].note}");
    expect(notes).toContain("its pods are restarted: spec.workload.resources");
  });
});

it("keeps the pods of an adopted install when adopt is taken out of the spec again", async () => {
  const spec = importInstall(upstreamManifest("v4 thin")).install.spec;
  await byHand(upstreamManifest("v4 thin"));
  await install.apply({ ...spec, adopt: true });
  await install.reason("Ready", "NoMatchingNodes");
  await install.apply(spec);
  await install.reason("Ready", "NoMatchingNodes");
  expect(await templates()).toBe(1);
});

it("puts right what is changed by hand in pods that were kept", async () => {
  const spec = importInstall(upstreamManifest("v4 thin")).install.spec;
  await byHand(upstreamManifest("v4 thin"));
  await install.apply({ ...spec, adopt: true });
  await install.reason("Ready", "NoMatchingNodes");
  await kubectl.run("set", "image", "daemonset/kube-multus-ds", "kube-multus=evil:1", "-n", "kube-system");
  await waitUntil(
    "the image to be set back",
    async () => !JSON.stringify((await daemonSet("kube-multus-ds")).spec.template).includes("evil:1"),
  );
});

it("replaces a Multus of another shape", async () => {
  await byHand(manifestOf("v3.4.2"));
  await install.apply({ version: "v4.3.0" });
  expect(await install.reason("Stalled", "OwnershipConflict")).toMatch(/clusterrole|kube-multus-ds-amd64/);
  await install.apply({ version: "v4.3.0", adopt: true });
  await install.reason("Ready", "NoMatchingNodes");
  await waitUntil("the old objects to be gone", async () => {
    const left = await kubectl.run(
      "get",
      "daemonset,configmap",
      "-n",
      "kube-system",
      "-l",
      "app=multus",
      "-o",
      "name",
    );
    return left.trim() === "daemonset.apps/kube-multus-ds";
  });
});

it("says what to do about a selector that cannot be changed", async () => {
  const text = JSON.stringify(upstreamManifest("v4 thin")).replaceAll(
    '"name":"multus"}',
    '"component":"multus"}',
  );
  const objects = JSON.parse(text) as ManifestObject[];
  await byHand(objects.filter(({ kind }) => kind === "DaemonSet"));
  await install.apply({ adopt: true });
  expect(await install.reason("Stalled", "ImmutableField")).toContain(
    "kubectl delete daemonset kube-multus-ds -n kube-system",
  );
});
