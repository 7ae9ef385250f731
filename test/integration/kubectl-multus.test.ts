/** The plugin against a real API server without nodes and without the operator: what it finds out by itself, and for whom. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DEPLOYMENTS, STATEFUL_SETS } from "../../src/commands/kubectl/cluster/workload-kinds.ts";
import { deleteOrphanedLogPods } from "../../src/commands/kubectl/logs/orphaned-log-pods.ts";
import { READER_LABELS } from "../../src/commands/kubectl/logs/reader-pod.ts";
import { kubectlMultus } from "../../src/commands/kubectl/program.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_REPORT } from "../../src/crds/network-attachment-report/report.ts";
import {
  type ApiObject,
  LEASES,
  NODES,
  PODS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { World } from "./networks/world.ts";

const root = resolve(import.meta.dirname, "../..");
/** More than one page of a list. */
const MANY = 520;

let plane: ControlPlane;
let world: World;

beforeAll(async () => {
  plane = await startControlPlane();
  world = new World(plane.kubeconfig);
  await world.serviceAccount("default");
});

afterAll(async () => {
  await world?.connection.close();
  await plane?.stop();
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * The command in this process, from its source: a Node process for each takes a third of a second of CPU time. It does not
 * return from an error of the command line, which ends the process.
 */
async function multus(args: string[], kubeconfig = plane.kubeconfig): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((chunk) => {
      written[stream] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      return true;
    }),
  );
  const { exitCode } = process;
  try {
    process.exitCode = 0;
    await kubectlMultus().parseAsync([...args, "--kubeconfig", kubeconfig], { from: "user" });
    return { code: Number(process.exitCode), ...written };
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}

/** The built program, run as a separate process: each command once, and everything that concerns the process. */
async function program(args: string[], kubeconfig = plane.kubeconfig) {
  const node = resolve(root, "node_modules/.bin/node");
  const child = spawn(node, [resolve(root, "dist/multus-operator.mjs"), "kubectl-multus", ...args], {
    cwd: root,
    env: { ...process.env, KUBECONFIG: kubeconfig, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once("exit", done)),
  ]);
  return { code, stdout, stderr };
}

const json = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await multus([...args, "-o", "json"])).stdout);

const macvlan = (more: object = {}) => ({ cniVersion: "0.3.1", type: "macvlan", master: "eth0", ...more });
const got = (ip: string) => [
  { name: "cluster", interface: "eth0", default: true },
  { name: "default/lan", interface: "net1", ips: [ip] },
];

it("says what is not installed, and how to install it", async () => {
  expect(await program(["networks"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Multus is not installed"),
  });
  expect(await program(["status"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("multus-operator is not installed. Install its chart"),
  });
  await world.installOwnDefinitions();
  expect(await multus(["status"])).toMatchObject({
    code: 1,
    stderr: "",
    stdout: expect.stringContaining(
      "none. Create one: kubectl apply -f manifests/samples/multusinstall.yaml",
    ),
  });
});

it("checks networks and counts their pods itself where the operator has not", async () => {
  await world.installNetworkDefinition();
  await world.nad("lan", macvlan());
  await world.nad("typo", macvlan({ mode: "brige" }));
  await world.pod("well", { networks: "lan", status: got("192.168.1.7"), phase: "Running", node: "node-1" });
  await world.pod("bypassed", { networks: "lan", phase: "Running", node: "node-1" });
  const failing = await world.pod("failing", { networks: "typo", node: "node-1" });
  await world.sandboxFailure(
    failing,
    'plugin type="multus" name="multus-cni-network" failed (add): Multus: [default/failing/x]: error adding container to network "typo": unknown macvlan mode: "brige"',
  );
  expect(await json("networks")).toMatchObject([
    { name: "lan", valid: "True", available: "Unknown", pods: 2, attached: 1, failing: 1, report: null },
    { name: "typo", valid: "False", pods: 1, attached: 0, failing: 1 },
  ]);
  expect((await multus(["networks", "-o", "wide"])).stdout).toMatch(
    /typo +macvlan +False +- .*did you mean "bridge"/,
  );
  const status = await program(["status", "-o", "yaml"]);
  expect(load(status.stdout)).toMatchObject({
    ready: false,
    networks: { total: 2, invalid: 1 },
    pods: { requesting: 3, attached: 1, bypassed: 1, failed: 1 },
  });
});

it("shows what was asked for beside what was got, and with --failing what lacks", async () => {
  expect(await json("pods")).toMatchObject([
    {
      pod: "bypassed",
      outcome: "bypassed",
      attachments: [{ requested: { network: "default/lan" }, reported: null }],
    },
    { pod: "failing", outcome: "failed" },
    {
      pod: "well",
      outcome: "attached",
      attachments: [{ reported: { interface: "net1", ips: ["192.168.1.7"] } }],
    },
  ]);
  const table = (await program(["pods", "-A", "--failing"])).stdout;
  expect(table).toMatch(/^NAMESPACE +POD +NODE +OUTCOME +REQUESTED +REPORTED\n/);
  expect(table).not.toContain("well");
  expect((await multus(["pods", "-n", "kube-system"])).stdout).toBe(
    "No pod in namespace kube-system requests a network.\n",
  );
});

it("explains what it can, and says what its user may not see", async () => {
  const yaml = await program(["explain", "failing", "-o", "yaml"]);
  expect(load(yaml.stdout)).toMatchObject({ code: "BAD_CONFIG", outcome: "failed", unread: [] });
  expect(yaml.code).toBe(1);
  const kubeconfig = plane.kubeconfigFor("reader", { name: "reader" });
  await plane.kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,events");
  await plane.kubectl("create", "rolebinding", "reader", "--role=reader", "--user=reader");
  const { stdout, code } = await multus(["explain", "failing"], kubeconfig);
  expect(stdout).toContain('not read, missing permission: "list multusinstalls.multus-operator.dev"');
  expect(stdout).toContain('default/typo cannot be attached on node-1: unknown macvlan mode: "brige"');
  expect(code).toBe(1);
  const pods = await multus(["pods"], kubeconfig);
  expect(pods.stdout).toMatch(/failing +node-1 +failed/);
  expect(pods.stderr).toContain("warning: not read, because permissions are missing");
  const rejected = await multus(["pods", "-A"], kubeconfig);
  expect(rejected).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining('the permissions "list'),
  });
});

it("does not take a network of a namespace that its user may not read for missing", async () => {
  await world.namespace("tenant");
  await world.pod("waiting", { namespace: "tenant", networks: "default/lan", node: "node-1" });
  await world.pod("mistaken", { namespace: "tenant", networks: "lan", node: "node-1" });
  const resources = "pods,events,network-attachment-definitions.k8s.cni.cncf.io";
  const rights = ["--verb=get,list", `--resource=${resources}`, "-n", "tenant"];
  await plane.kubectl("create", "role", "tenant", ...rights);
  await plane.kubectl("create", "rolebinding", "tenant", "--role=tenant", "--user=tenant", "-n", "tenant");
  const kubeconfig = plane.kubeconfigFor("tenant", { name: "tenant" });
  const { stdout } = await multus(["pods", "-n", "tenant"], kubeconfig);
  expect(stdout).toMatch(/mistaken +node-1 +missing-network/);
  expect(stdout).toMatch(/waiting +node-1 +pending/);
});

it("checks networks, pods and workloads of the cluster against each other", async () => {
  await world.namespace("checked");
  await world.nad("lan", macvlan(), { namespace: "checked" });
  await world.nad("typo", macvlan({ mode: "brige" }), { namespace: "checked" });
  await world.pod("right", { namespace: "checked", networks: "lan,default/lan" });
  const labels = { app: "web" };
  await world.client.create(DEPLOYMENTS, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "checked" },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { "k8s.v1.cni.cncf.io/networks": "lna" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
    },
  });
  const { code, stdout, stderr } = await program(["check", "-n", "checked"]);
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(
      /^error: NetworkAttachmentDefinition checked\/typo: mode: .*"bridge"\?\) \[NOT_ONE_OF\]$/,
    ),
    expect.stringMatching(
      /^error: Deployment checked\/web: .*did you mean "checked\/lan"\? \[MISSING_NETWORK\]$/,
    ),
    "2 NetworkAttachmentDefinitions, 1 Deployment and 1 Pod checked: 2 errors, 0 warnings",
    "",
  ]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const everywhere = (await json("check", "-A")) as { namespace: string; code: string }[];
  expect(
    everywhere.filter(({ code: found }) => found === "NOT_ONE_OF").map(({ namespace }) => namespace),
  ).toEqual(["checked", "default"]);
  expect((await multus(["check", "-n", "nope"])).stderr).toContain("namespace nope does not exist");
});

it("lets no tenant's text reach a terminal as it is", async () => {
  const pod: ApiObject = await world.pod("hostile", { networks: "lan", node: "node-1" });
  await world.sandboxFailure(
    pod,
    'plugin type="multus" name="m" failed (add): Multus: [default/hostile/x]: error adding container to network "lan": \u001b]0;owned\u0007\u009b2J\u202e',
  );
  const outputs = [
    ["explain", "hostile"],
    ["pods", "-o", "wide"],
    ["networks", "lan"],
    ["networks", "-o", "wide"],
    ["status"],
    ["status", "-o", "wide"],
    ["nodes", "-o", "wide"],
    ["version"],
    ["explain", "no\u001b]0;x\u0007\u202epod"],
  ];
  for (const args of outputs)
    for (const format of [[], ["-o", "json"], ["-o", "yaml"]]) {
      const { stdout, stderr } = await multus([...args, ...format]);
      expect(`${stdout}${stderr}`, args.join(" ")).not.toBe("");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
});

it("asks as another user with --as and --as-group, as kubectl does", async () => {
  const rejected = await multus(["pods", "-n", "default", "--as", "unknown-user"]);
  expect(rejected).toMatchObject({ code: 2, stderr: expect.stringContaining("the permission") });
  // The role `reader` of the test before, by a group.
  await plane.kubectl("create", "rolebinding", "readers", "--role=reader", "--group=readers");
  const groups = ["--as-group", "others", "--as-group=readers"];
  const allowed = await multus(["pods", "--as", "unknown-user", ...groups]);
  expect(allowed).toMatchObject({ stdout: expect.stringMatching(/failing +node-1 +failed/) });
  expect(await multus(["pods", "--as-group", "readers"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("require a user to act as: --as"),
  });
});

it("acts as the kubeconfig's as with its as-groups, as kubectl does, and a flag replaces one of them", async () => {
  const config = JSON.parse(readFileSync(plane.kubeconfig, "utf8")) as { users: { user: object }[] };
  const more = { as: "unknown-user", "as-uid": "7", "as-groups": ["others", "readers"] };
  const extra = { "as-user-extra": { "example.com/team": ["a", "b"] } };
  const users = config.users.map((entry) => ({ ...entry, user: { ...entry.user, ...more, ...extra } }));
  const kubeconfig = join(plane.directory, "acting.kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify({ ...config, users }), { mode: 0o600 });
  const pods = ["pods", "-n", "default"];
  const allowed = await multus(pods, kubeconfig);
  expect(allowed).toMatchObject({ stdout: expect.stringMatching(/failing +node-1 +failed/) });
  const rejected = await multus([...pods, "--as-group", "others"], kubeconfig);
  expect(rejected).toMatchObject({ code: 2, stderr: expect.stringContaining("the permission") });
});

it("sweeps reading pods that ended and that a killed kubectl multus left, and no others", async () => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  const reader = async (name: string, phase: string, finishedAt?: string) => {
    await world.client.create(PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", labels: READER_LABELS },
      spec: { containers: [{ name: "reader", image: "x" }] },
    } as ApiObject);
    const state = finishedAt ? { terminated: { exitCode: 0, finishedAt } } : { running: {} };
    const containerStatuses = [
      { name: "reader", image: "x", imageID: "", ready: false, restartCount: 0, state },
    ];
    await world.client.patch(
      { type: PODS, namespace: "default", name },
      { status: { phase, containerStatuses } },
      "status",
    );
  };
  await reader("left", "Failed", at(-3600));
  await reader("read-now", "Succeeded", at(90));
  await reader("followed", "Running");
  // Each was created this moment, whatever the clocks of this machine and of the node show.
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
  expect(await deleteOrphanedLogPods(world.client, "default")).toBe(0);
  clock.mockRestore();
  expect(await deleteOrphanedLogPods(world.client, "default", Date.now() + 180_000)).toBe(1);
  const { items } = await world.client.list(PODS, {
    namespace: "default",
    labelSelector: "app.kubernetes.io/name=multus-log-reader",
  });
  expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(["followed", "read-now"]);
});

/** What the chart installs of the operator, as far as the plugin reads it. */
async function installOperator(namespace: string): Promise<void> {
  await world.namespace(namespace);
  await plane.kubectl("create", "clusterrole", "multus-operator", "--verb=get", "--resource=nodes");
  await plane.kubectl(
    "create",
    "clusterrolebinding",
    "multus-operator",
    "--clusterrole=multus-operator",
    `--serviceaccount=${namespace}:multus-operator`,
  );
  await deployment(namespace, "multus-operator", "registry.example/operator:1", "multus-operator");
}

async function deployment(namespace: string, name: string, image: string, account?: string): Promise<void> {
  const labels = { "app.kubernetes.io/name": "multus-operator", "app.kubernetes.io/version": "9.9.9" };
  await world.client.create(DEPLOYMENTS, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...(account ? { serviceAccountName: account } : {}),
          containers: [{ name: "operator", image }],
        },
      },
    },
  });
}

async function available(namespace: string, replicas: number): Promise<void> {
  await world.client.patch(
    { type: DEPLOYMENTS, namespace, name: "multus-operator" },
    { status: { replicas, readyReplicas: replicas, availableReplicas: replicas } },
    "status",
  );
}

async function lease(namespace: string, renewTime: Date): Promise<void> {
  await world.client.apply(
    { type: LEASES, namespace, name: "multus-operator" },
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "multus-operator", namespace },
      spec: { holderIdentity: "replica-1", renewTime: renewTime.toISOString().replace("Z", "000Z") },
    },
    { fieldManager: "test", force: true },
  );
}

const LOG = { file: "/opt/cni/log/multus.log", hostDir: "/opt/cni/log", level: "verbose" };
const install = { type: MULTUS_INSTALL, name: "multus" };

async function readyInstall(): Promise<void> {
  await world.client.create(MULTUS_INSTALL, {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus", finalizers: ["multus-operator.dev/cleanup"] },
    spec: { logging: LOG },
  });
  const condition = {
    type: "Ready",
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: "2026-11-24T12:00:00Z",
    reason: "Available",
    message: "Multus runs on 2 of 2 nodes",
  };
  await world.client.patch(install, { status: { observedGeneration: 1, conditions: [condition] } }, "status");
}

async function node(name: string, ready: boolean): Promise<void> {
  await world.client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { zone: "a" } },
  });
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  await world.client.patch({ type: NODES, name }, { status: { conditions } }, "status");
}

describe("what people type", () => {
  beforeAll(async () => {
    await node("node-1", true);
    await node("node-2", false);
    await world.namespace("shop");
    await world.pod("web-1", { namespace: "shop", networks: "lan", node: "node-1" });
    await plane.kubectl("label", "pod", "-n", "shop", "web-1", "app=web");
  });

  it("takes NAMESPACE/POD, and the kind and the name as two words", async () => {
    expect(await json("explain", "shop/web-1")).toMatchObject({ namespace: "shop", pod: "web-1" });
    expect(await json("explain", "pod", "failing")).toMatchObject({ pod: "failing", code: "BAD_CONFIG" });
    expect(await multus(["explain", "shop/web-2"])).toMatchObject({
      code: 2,
      stderr: "error: there is no pod web-2 in namespace shop; did you mean web-1?\n",
    });
  });

  it("explains a workload by the pod that fails", async () => {
    const labels = { app: "api" };
    const set = await world.client.create<ApiObject>(STATEFUL_SETS, {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "api", namespace: "default" },
      spec: {
        serviceName: "api",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "busybox" }] } },
      },
    });
    expect(await multus(["explain", "sts/api"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("StatefulSet api in namespace default has no pods"),
    });
    const owner = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: "api",
      uid: set.metadata.uid,
      controller: true,
    };
    await world.pod("api-0", {
      networks: "lan",
      status: got("192.168.1.9"),
      phase: "Running",
      node: "node-1",
    });
    await world.pod("api-1", { networks: "lan", phase: "Running", node: "node-1" });
    // Of the same labels, and no pod of the workload.
    await world.pod("api-x", { networks: "nowhere", node: "node-1" });
    await world.pod("api-2", { networks: "lan" });
    const belongs = (name: string) =>
      world.client.patch(
        { type: PODS, namespace: "default", name },
        { metadata: { labels, ...(name === "api-x" ? {} : { ownerReferences: [owner] }) } },
      );
    for (const name of ["api-0", "api-2", "api-x"]) await belongs(name);
    // None fails yet, and one waits for a node.
    expect(await json("explain", "sts", "api")).toMatchObject({
      pod: "api-2",
      code: "UNSCHEDULED",
      workload: { outcomes: { pending: 1, attached: 1 } },
    });
    await belongs("api-1");
    const { code, stdout } = await multus(["explain", "statefulset/api"]);
    expect(stdout).toMatch(
      /^StatefulSet api: 3 pods, 1 bypassed, 1 pending, 1 attached\. One of them:\ndefault\/api-1: bypassed\n/,
    );
    expect(code).toBe(1);
    expect(await json("explain", "sts", "api")).toMatchObject({
      pod: "api-1",
      workload: { kind: "StatefulSet", name: "api", outcomes: { bypassed: 1, pending: 1, attached: 1 } },
    });
  });

  it("does not know what a pod has whose node does not respond", async () => {
    await world.pod("lost", { networks: "lan", phase: "Unknown", node: "node-2" });
    expect(await multus(["explain", "lost"])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("the node of default/lost, node-2, does not respond"),
    });
  });

  it("shows no report on an earlier configuration of a network, which no operator has checked again", async () => {
    const { metadata } = await world.nad("edited", macvlan({ master: "eth9" }));
    await world.nad("kept", macvlan());
    const { group, version, kind } = NETWORK_ATTACHMENT_REPORT;
    const report = async (name: string, status: object) => {
      const head = { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: "default" } };
      await world.client.create(NETWORK_ATTACHMENT_REPORT, head);
      const ref = { type: NETWORK_ATTACHMENT_REPORT, namespace: "default", name };
      await world.client.patch(ref, { status }, "status");
    };
    const duplicate = { duplicatesTotal: 1, duplicates: [{ address: "10.0.0.5", pods: ["default/edits"] }] };
    const finding = {
      severity: "error",
      path: "master",
      code: "MASTER_MISSING_ON_NODE",
      message: "is missing",
    };
    const pods = { requesting: 7, attached: 0, pending: 7, failed: 0, bypassed: 0, partial: 0 };
    const status = {
      observedGeneration: metadata.generation,
      findings: [finding],
      nodesLacking: [{ node: "node-1", lacks: ["interface eth9"] }],
      pods: { ...pods, restartNeeded: 0, forbidden: 0 },
      ...duplicate,
    };
    await report("edited", status);
    await report("kept", { observedGeneration: 1, ...duplicate });
    await world.pod("edits", { networks: "edited", node: "node-1" });
    const codes = async () => {
      const { stdout } = await multus(["check", "-o", "json"]);
      const findings = JSON.parse(stdout) as { name: string; code: string }[];
      return findings.flatMap(({ name, code }) => (name === "edited" ? [code] : []));
    };
    const lacks = async () => (await json("nodes")) as { node: string; lacks: string[] }[];
    expect(await codes()).toEqual(["MASTER_MISSING_ON_NODE"]);
    expect(await lacks()).toContainEqual(
      expect.objectContaining({ node: "node-1", lacks: ["interface eth9"] }),
    );
    expect(await json("status")).toMatchObject({
      duplicates: [{ network: "default/edited" }, { network: "default/kept" }],
    });
    expect(await json("explain", "edits")).toMatchObject({ code: "MISSING_MASTER" });
    expect(await json("networks", "edited")).toMatchObject({ pods: 7 });
    await world.nad("edited", macvlan());
    expect(await codes()).toEqual([]);
    expect((await lacks()).flatMap((node) => node.lacks)).toEqual([]);
    expect(await json("status")).toMatchObject({ duplicates: [{ network: "default/kept" }] });
    expect(await json("explain", "edits")).toMatchObject({ code: "STARTING" });
    expect(await json("networks", "edited")).toMatchObject({ pods: 1, report: null });
    await world.removeNad("edited");
    await world.removeNad("kept");
  });

  it("selects by labels, and prints names or tables without headers", async () => {
    expect((await multus(["pods", "-A", "-l", "app=web", "-o", "name"])).stdout).toBe("pod/web-1\n");
    expect((await multus(["pods", "-n", "shop", "--no-headers"])).stdout).toMatch(/^web-1 +node-1/);
    await plane.kubectl("label", "net-attach-def", "lan", "tier=front");
    expect((await multus(["networks", "-l", "tier=front", "-o", "name"])).stdout).toBe(
      "network-attachment-definition.k8s.cni.cncf.io/lan\n",
    );
    expect((await multus(["networks", "-l", "tier=back"])).stdout).toContain("with the labels tier=back");
  });

  it("warns of an annotation that Multus does not read", async () => {
    await world.pod("misspelled", { namespace: "shop", node: "node-1" });
    await plane.kubectl("annotate", "pod", "-n", "shop", "misspelled", "k8s.v1.cni.cncf.io/network=lan");
    expect(await multus(["pods", "-n", "shop"])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining("misspelled"),
      stderr: expect.stringContaining("shop/misspelled (k8s.v1.cni.cncf.io/network)"),
    });
  });

  it("rejects a namespace that does not exist", async () => {
    for (const command of [["pods"], ["networks"], ["explain", "web"]])
      expect(await multus([...command, "-n", "nope"])).toMatchObject({
        code: 2,
        stdout: "",
        stderr: "error: namespace nope does not exist\n",
      });
  });

  it("shows Multus on each node", async () => {
    const { stdout, code } = await program(["nodes"]);
    expect(stdout).toMatch(
      /^NODE +READY +MULTUS +REQUESTING +FAILING +MESSAGE\nnode-1 +True +Absent +\d+ +\d+/,
    );
    expect(stdout).toMatch(/node-2 +False +Absent +0 +0 +-\n/);
    expect(code).toBe(0);
    expect((await multus(["nodes", "-l", "zone=b"])).stdout).toBe("No node matches.\n");
    expect((await multus(["nodes", "-o", "name"])).stdout).toBe("node/node-1\nnode/node-2\n");
  });

  it("points to the help of the command that was typed", async () => {
    expect((await program(["logs", "--tail", "x"])).stderr).toContain(
      "(kubectl multus logs --help shows its options)",
    );
    expect((await program(["lgs"])).stderr).toContain("(kubectl multus --help shows the commands)");
    expect((await program(["logs"])).stderr).toContain("name the node: kubectl multus logs NODE");
    expect((await program(["logs", "node-1", "--all-nodes"])).stderr).toContain("not both");
  });

  it("prints what changes with --watch, and nothing else", async () => {
    const node24 = resolve(root, "node_modules/.bin/node");
    const child = spawn(
      node24,
      [resolve(root, "dist/multus-operator.mjs"), "kubectl-multus", "pods", "-n", "shop", "-w"],
      { env: { ...process.env, KUBECONFIG: plane.kubeconfig }, stdio: ["ignore", "pipe", "inherit"] },
    );
    const ended = new Promise((done) => child.once("exit", done));
    let printed = "";
    child.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    await waitUntil("the first table", async () => printed.includes("web-1"));
    const before = printed;
    await world.pod("web-2", { namespace: "shop", networks: "lan", node: "node-1" });
    await waitUntil("the new pod", async () => printed.includes("web-2"));
    child.kill("SIGINT");
    await ended;
    expect(printed.slice(before.length)).toMatch(/^web-2 +node-1 +missing-network +shop\/lan +-\n$/);
    expect(await program(["pods", "-w", "-o", "json"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--watch prints text"),
    });
  });

  it("gives up on an API server that hangs after --request-timeout", async () => {
    plane.apiserver.suspend();
    try {
      expect(await program(["pods", "--request-timeout", "500ms"])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: the API server does not answer: .*timeout/),
      });
    } finally {
      plane.apiserver.resume();
    }
  });
});

describe("the operator", () => {
  beforeAll(async () => {
    await world.serviceAccount("kube-system");
    await readyInstall();
  });

  it("is not taken for running because its last status was Ready", async () => {
    const { code, stdout } = await multus(["status"]);
    expect(stdout).toContain(
      "not installed: there is no ClusterRoleBinding multus-operator. Install its chart",
    );
    expect(stdout).toContain("Ready          Unknown; last reported: True, Available");
    expect(code).toBe(1);
  });

  /** The attack: its label is on a tenant's Deployment, which the plugin ran as root on a node. */
  it("is not found by a label that a tenant can set", async () => {
    await world.namespace("a-tenant");
    await deployment("a-tenant", "multus-operator", "evil.example/root:1", "multus-operator");
    expect(await program(["logs", "node-1", "--timeout", "1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        "the operator's image is not certain: there is no ClusterRoleBinding multus-operator. Set the image",
      ),
    });
    await installOperator("operators");
    const logs = program(["logs", "node-1", "--timeout", "5"]);
    const images: string[] = [];
    await waitUntil("the reader pod", async () => {
      const { items } = await world.client.list<ApiObject & { spec: { containers: { image: string }[] } }>(
        PODS,
        {
          namespace: "kube-system",
          labelSelector: "app.kubernetes.io/name=multus-log-reader",
        },
      );
      images.push(...items.flatMap(({ spec }) => spec.containers.map(({ image }) => image)));
      return images.length > 0;
    });
    expect(new Set(images)).toEqual(new Set(["registry.example/operator:1"]));
    expect(await logs).toMatchObject({ code: 2, stderr: expect.stringContaining("did not start on node-1") });
    await deployment("operators", "second", "registry.example/other:1", "multus-operator");
    expect(await program(["logs", "node-1", "--timeout", "1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("2 Deployments in namespace operators use the service account"),
    });
    await world.client.delete({ type: DEPLOYMENTS, namespace: "operators", name: "second" });
  });

  it("runs while its leader renews the Lease", async () => {
    await available("operators", 2);
    await lease("operators", new Date());
    const { code, stdout } = await multus(["status"]);
    expect(stdout).toMatch(
      /^Operator +2 of 2 replicas available, version 9\.9\.9, leader replica-1\. This plugin is /,
    );
    expect(stdout).toContain("Ready          True, Available: Multus runs on 2 of 2 nodes");
    expect(code).toBe(0);
    const version = await program(["version"]);
    expect(version.stdout).toMatch(
      /^plugin {4}\d.*\noperator {2}9\.9\.9 \(Deployment operators\/multus-operator\)/,
    );
  });

  it("does not run when nothing renews the Lease, though pods may be there", async () => {
    await lease("operators", new Date(Date.now() - 3_600_000));
    const { code, stdout } = await multus(["status"]);
    expect(stdout).toMatch(/^Operator +not running: .*no replica has renewed its Lease since \d{4}-/);
    expect(stdout).toContain("Ready          Unknown; last reported: True");
    expect(code).toBe(1);
    expect(await json("status")).toMatchObject({
      ready: false,
      stale: true,
      operator: { state: "NotRunning", available: 2, leader: { alive: false, name: "replica-1" } },
    });
  });

  it("shows a deletion that goes on", async () => {
    await lease("operators", new Date());
    await world.client.delete(install);
    const { code, stdout } = await multus(["status"]);
    expect(stdout).toMatch(/ {2}Deletion +is being deleted since \d{4}-/);
    expect(code).toBe(1);
  });
});

it("reads a list of several pages", async () => {
  const numbers = Array.from({ length: MANY }, (_, n) => n);
  for (let from = 0; from < MANY; from += 20)
    await Promise.all(
      numbers.slice(from, from + 20).map((n) => world.pod(`many-${n}`, { networks: "lan", node: "node-1" })),
    );
  const pods = (await json("pods", "-A")) as { pod: string }[];
  expect(pods.filter(({ pod }) => pod.startsWith("many-"))).toHaveLength(MANY);
});

it("packs what a report of a problem needs, without the webhook's secret path", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sysdump-"));
  try {
    await world.client.create(VALIDATING_WEBHOOK_CONFIGURATIONS, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "multus-operator" },
      webhooks: [
        {
          name: "a.example.com",
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          clientConfig: { service: { name: "x", namespace: "default", path: "/validate/5ec7e7" } },
        },
      ],
    });
    const file = join(directory, "dump.tar.gz");
    const { code, stdout, stderr } = await program(["sysdump", "--output-filename", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/dump\.tar\.gz: \d+ files\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    execFileSync("tar", ["-xzf", file, "--strip-components=1"], { cwd: directory });
    const read = (name: string) => readFileSync(join(directory, name), "utf8");
    expect(read("README.txt")).toContain("Everything could be read.");
    expect(read("status.txt")).toMatch(/^Operator /);
    expect(read("pods.txt")).toContain("many-1");
    expect(read("check.txt")).toContain("[NOT_ONE_OF]");
    expect(read("explain/default/failing.txt")).toContain('did you mean "bridge"?');
    expect(read("objects/network-attachment-definitions.yaml")).toContain("name: typo");
    expect(read("objects/webhook.yaml")).toContain("path: REMOVED");
    const all = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const texts = all.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
    expect(texts.some((one) => one.includes("5ec7e7"))).toBe(false);
    expect(await multus(["sysdump", "--output-filename", file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("EEXIST"),
    });
    const kubeconfig = plane.kubeconfigFor("nobody", { name: "nobody" });
    const poor = await multus(["sysdump", "--output-filename", join(directory, "poor.tar.gz")], kubeconfig);
    expect(poor.code).toBe(0);
    expect(poor.stderr).toContain('warning: not in it: missing permission: "list pods"');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
