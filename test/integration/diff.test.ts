import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import type { Preview } from "../../src/diff/report.ts";
import { importInstall } from "../../src/import/import.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";
import { upstreamManifest } from "./upstream-manifests.ts";

/** `multus-operator diff` against a real API server, beside what the operator then does. */

const root = resolve(import.meta.dirname, "../..");
let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let controller: InstallOperator | undefined;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await plane?.stop();
});

const install = (spec: object) =>
  JSON.stringify({
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec,
  });

async function diff(
  spec: object,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = [
    join(root, "dist/multus-operator.mjs"),
    "diff",
    "-f",
    "-",
    "--kubeconfig",
    plane.kubeconfig,
    ...args,
  ];
  const child = spawn(join(root, "node_modules/.bin/node"), ["--disable-warning=DEP0040", ...program], {
    cwd: root,
  });
  child.stdin.end(install(spec));
  const code = new Promise<number | null>((done) => child.once("exit", done));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

const preview = async (spec: object) => JSON.parse((await diff(spec, "-o", "json")).stdout) as Preview;

/** Applies the spec, and waits until the operator has nothing more to do. */
async function applied(spec: object): Promise<void> {
  await kubectl.runWithInput(install(spec), "apply", "-f", "-");
  await waitUntil("the operator to have applied it", async () => {
    const { metadata, status } = await kubectl.get<{
      metadata: { generation: number };
      status?: { conditions?: { type: string; reason: string; observedGeneration: number }[] };
    }>("multusinstall", "multus");
    return (status?.conditions ?? []).some(
      ({ type, reason, observedGeneration }) =>
        type === "Ready" && reason === "NoMatchingNodes" && observedGeneration === metadata.generation,
    );
  });
}

async function startOperator(): Promise<void> {
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
}

it("shows of a hand-made Multus what would be taken over, before the operator is installed", async () => {
  const manifest = upstreamManifest("v4 thick");
  await kubectl.runWithInput(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: manifest }),
    "apply",
    "-f",
    "-",
  );
  const { spec } = importInstall(manifest).install;
  const alone = await diff(spec);
  expect(alone.code).toBe(1);
  expect(alone.stdout).toMatch(
    /^! ClusterRole multus \(not adopted\)\n {4}kubectl-client-side-apply owns rules: set spec\.adopt: true/m,
  );
  const adopted = await diff({ ...spec, adopt: true });
  expect(adopted.code).toBe(1);
  expect(adopted.stdout).toContain("No Multus pod restarts.");
  const other = await diff({ ...spec, adopt: true, logging: { level: "debug" } });
  expect(other.stdout).toMatch(/^~ DaemonSet kube-system\/kube-multus-ds \(its pods restart on 0 nodes\)/m);
  expect(other.stdout).toContain('spec.logging.level: found not set, expected "debug"');
  await kubectl.run("delete", "daemonset,configmap", "-n", "kube-system", "-l", "app=multus");
  await kubectl.run("delete", "serviceaccount,clusterrole,clusterrolebinding", "multus", "-n", "kube-system");
});

it("shows every object as new where there is none, and nothing when the operator has applied them", async () => {
  const { changes } = await preview({ mode: "Thick" });
  expect(changes.map(({ action, object }) => `${action} ${object}`)).toEqual([
    "create MultusInstall multus",
    "create ServiceAccount kube-system/multus",
    "create ClusterRole multus",
    "create ClusterRoleBinding multus",
    "create ConfigMap kube-system/multus-daemon-config",
    "create DaemonSet kube-system/kube-multus-ds",
  ]);
  await startOperator();
  await applied({ mode: "Thick" });
  const same = await diff({ mode: "Thick" });
  expect(same).toEqual({ code: 0, stdout: "No changes.\n", stderr: "" });
});

it("shows a changed field where a person looks for it, and writes nothing", async () => {
  const version = async () =>
    await kubectl.run(
      "get",
      "daemonset,configmap",
      "-n",
      "kube-system",
      "-l",
      "app=multus",
      "-o",
      "jsonpath={.items[*].metadata.resourceVersion}",
    );
  const before = await version();
  const { code, stdout } = await diff({
    mode: "Thick",
    logging: { level: "debug" },
    workload: { labels: { team: "net" } },
  });
  expect(code).toBe(1);
  expect(stdout.split("\n")).toEqual([
    "~ MultusInstall multus",
    "  + spec.logging.level: debug",
    "  + spec.workload.labels.team: net",
    "~ ConfigMap kube-system/multus-daemon-config",
    "  ~ data[daemon-config.json].logLevel: verbose → debug",
    "~ DaemonSet kube-system/kube-multus-ds (its pods restart on 0 nodes)",
    "  + spec.template.metadata.labels.team: net",
    "3 changed. Multus restarts on 0 nodes.",
    "",
  ]);
  expect(await version()).toBe(before);
});

it("shows what goes with another release", async () => {
  const { changes } = await preview({ version: "v3.4.2" });
  const actions = changes.map(({ action, object }) => `${action} ${object}`);
  expect(actions).toContain("create DaemonSet kube-system/kube-multus-ds-amd64");
  expect(actions).toContain("delete DaemonSet kube-system/kube-multus-ds");
  expect(actions).toContain("delete ConfigMap kube-system/multus-daemon-config");
});

it("exits 2 where it cannot tell", async () => {
  const rejected = await diff({ mode: "thick" });
  expect(rejected).toMatchObject({ code: 2, stdout: "" });
  expect(rejected.stderr).toMatch(/^error: spec\.mode: must be one of Thin, Thick/);
  const unreachable = await diff({}, "--context", "no-such-context");
  expect(unreachable.code).toBe(2);
});
