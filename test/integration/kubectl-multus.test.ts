/** The plugin against a real API server without nodes and without the operator: what it finds out by itself, and for whom. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { load } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deleteOrphanedLogPods } from "../../src/commands/kubectl/orphaned-log-pods.ts";
import { READER_LABELS } from "../../src/commands/kubectl/reader-pod.ts";
import { type ApiObject, PODS } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
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

async function multus(args: string[], kubeconfig = plane.kubeconfig) {
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
  expect(await multus(["networks"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Multus is not installed"),
  });
  expect(await multus(["status"])).toMatchObject({
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
  const status = await multus(["status", "-o", "yaml"]);
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
  const table = (await multus(["pods", "-A", "--failing"])).stdout;
  expect(table).toMatch(/^NAMESPACE +POD +NODE +OUTCOME +REQUESTED +REPORTED\n/);
  expect(table).not.toContain("well");
  expect((await multus(["pods", "-n", "kube-system"])).stdout).toBe(
    "No pod in namespace kube-system requests a network.\n",
  );
});

it("explains what it can, and says what its user may not see", async () => {
  const yaml = await multus(["explain", "failing", "-o", "yaml"]);
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
  const refused = await multus(["pods", "-A"], kubeconfig);
  expect(refused).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining('the permissions "list'),
  });
});

it("lets no tenant's text reach a terminal as it is", async () => {
  const pod: ApiObject = await world.pod("hostile", { networks: "lan", node: "node-1" });
  await world.sandboxFailure(
    pod,
    'plugin type="multus" name="m" failed (add): Multus: [default/hostile/x]: error adding container to network "lan": \u001b]0;owned\u0007\u009b2J\u202e',
  );
  for (const args of [["explain", "hostile"], ["pods", "-o", "wide"], ["networks", "lan"], ["status"]]) {
    const { stdout } = await multus(args);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
});

it("asks as another user with --as and --as-group, as kubectl does", async () => {
  const refused = await multus(["pods", "-n", "default", "--as", "nobody-at-all"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("the permission") });
  // The role `reader` of the test before, by a group.
  await plane.kubectl("create", "rolebinding", "readers", "--role=reader", "--group=readers");
  const groups = ["--as-group", "others", "--as-group=readers"];
  const allowed = await multus(["pods", "--as", "nobody-at-all", ...groups]);
  expect(allowed).toMatchObject({ stdout: expect.stringMatching(/failing +node-1 +failed/) });
  expect(await multus(["pods", "--as-group", "readers"])).toMatchObject({
    code: 2,
    stderr: "error: --as-group and --as-uid need --as\n",
  });
});

it("sweeps reading pods that ended and that a killed kubectl multus left, and no others", async () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
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
  await reader("left", "Failed", "2026-11-24T11:00:00Z");
  await reader("read-now", "Succeeded", "2026-11-24T11:59:30Z");
  await reader("followed", "Running");
  expect(await deleteOrphanedLogPods(world.client, "default", now)).toBe(1);
  const { items } = await world.client.list(PODS, {
    namespace: "default",
    labelSelector: "app.kubernetes.io/name=multus-log-reader",
  });
  expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(["followed", "read-now"]);
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
