import { join, resolve } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, CERTIFICATE_SIGNING_REQUESTS } from "../../src/kube/resource.ts";
import type { AuditEvent } from "../cluster/audit.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { Daemon, waitUntil } from "../cluster/daemon.ts";
import { PLUGINS_IMAGE } from "../cluster/images.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyRights, CHART_IMAGE, chartObjects, OPERATOR } from "./chart.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition } from "./install-controller.ts";
import { grantedRights, heldRights, usedRights } from "./rights.ts";
import { daemonSubject, requestOf, signingRequestPem } from "./signing-requests.ts";

/**
 * The whole operator under its own account and all of the chart's policies, through the life of an install: what it
 * does, by the API server's audit log, is held against what the chart grants.
 */

const VALUES = ["perNodeCertificates.approve=true", "startupTaint.enabled=true"];
const TAINT = "multus-operator.dev/not-ready";
const log = pino({ level: process.env.TEST_LOG ?? "silent" });

let plane: ControlPlane;
let kubectl: Kubectl;
let nodes: HollowNodes;
/** The first leads; the second waits for it. */
let operators: Daemon[] = [];

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: true, scheduler: true, auditPolicy: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  await kubectl.run(
    ...["apply", "--server-side", "-f"],
    "manifests/crds/multus-operator.dev_networkattachmentreports.yaml",
  );
  await kubectl.run("create", "namespace", "multus-operator");
  await applyRights(kubectl, ...VALUES);
  nodes = new HollowNodes(kubectl.client, log);
  for (const name of ["node-1", "node-2"])
    await nodes.add(name, { taints: [{ key: TAINT, effect: "NoSchedule" }] });
  const kubeconfig = await plane.kubeconfigForServiceAccount("multus-operator", "multus-operator");
  const replica = (name: string) =>
    Daemon.start({
      name,
      command: resolve("node_modules/.bin/node"),
      args: [
        ...[resolve("dist/multus-operator.mjs"), "run", `--kubeconfig=${kubeconfig}`],
        ...["--health-port=0", "--webhook-port=0", `--node-image=${CHART_IMAGE}`],
      ],
      logFile: join(plane.directory, `${name}.log`),
    });
  operators = ["replica-1", "replica-2"].map(replica);
});

afterAll(async () => {
  for (const operator of operators) await operator.kill();
  await nodes?.stop();
  await plane?.stop();
});

async function apply(spec: object): Promise<void> {
  await new TestInstall(kubectl).apply({ nodes: { startupTaint: TAINT }, ...spec });
}

const there = async (...what: string[]) =>
  (await kubectl.run("get", ...what, "--ignore-not-found", "-o", "name")) !== "";

it("installs Multus and takes the startup taint from the nodes", async () => {
  await apply({
    attachments: { admission: "Deny" },
    plugins: { install: "Missing", image: PLUGINS_IMAGE, include: ["macvlan", "host-local"] },
    dhcp: { daemon: "Auto" },
    whereabouts: { enabled: true },
  });
  await new TestInstall(kubectl).ready();
  await waitUntil("plugins to be installed on both nodes", async () => nodes.plugins.size === 2);
  const taints = ["get", "nodes", "-o", "jsonpath={.items[*].spec.taints[*].key}"];
  await waitUntil("the taint to be gone", async () => !(await kubectl.run(...taints)).includes(TAINT));
  await waitUntil(
    "the webhook",
    async () => await there("validatingwebhookconfigurations", "multus-operator"),
  );
});

it("reports networks, and drops the report of one that is gone", async () => {
  await kubectl.runWithInput(
    JSON.stringify({
      apiVersion: "k8s.cni.cncf.io/v1",
      kind: "NetworkAttachmentDefinition",
      metadata: { name: "lan", namespace: "kube-system" },
      spec: { config: '{"cniVersion":"0.3.1","type":"macvlan","master":"eth0"}' },
    }),
    ...["apply", "-f", "-"],
  );
  await waitUntil(
    "the report",
    async () => await there("networkattachmentreports", "lan", "-n", "kube-system"),
  );
  await kubectl.run("delete", "network-attachment-definitions", "lan", "-n", "kube-system");
  await waitUntil(
    "the report to go",
    async () => !(await there("networkattachmentreports", "lan", "-n", "kube-system")),
  );
});

it("runs the dhcp daemon while a network needs it, and removes it once it is Off", async () => {
  const config = '{"cniVersion":"0.3.1","type":"macvlan","master":"eth0","ipam":{"type":"dhcp"}}';
  await kubectl.runWithInput(
    JSON.stringify({
      apiVersion: "k8s.cni.cncf.io/v1",
      kind: "NetworkAttachmentDefinition",
      metadata: { name: "leased", namespace: "kube-system" },
      spec: { config },
    }),
    ...["apply", "-f", "-"],
  );
  const daemon = async () => await there("daemonset", "multus-dhcp", "-n", "kube-system");
  await waitUntil("the daemon", daemon);
  await kubectl.run("delete", "network-attachment-definitions", "leased", "-n", "kube-system");
  await apply({ dhcp: { daemon: "Off" } });
  await waitUntil("the daemon to go", async () => !(await daemon()));
});

it("rolls the daemon with certificates out, and approves what a daemon asks for", async () => {
  await apply({ mode: "Thick", daemon: { perNodeCertificate: { enabled: true } } });
  await new TestInstall(kubectl).ready();
  const user = { name: "system:node:node-1", groups: ["system:nodes"] };
  const kubelet = new KubeClient(connect({ kubeconfig: plane.kubeconfigFor("node-1", user) }));
  const {
    username: _,
    groups: __,
    ...spec
  } = requestOf("node-1", signingRequestPem({ subject: daemonSubject("node-1") })).spec;
  await kubelet.create(CERTIFICATE_SIGNING_REQUESTS, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "daemon" },
    spec,
  } as ApiObject);
  await waitUntil("the approval", async () =>
    (await kubectl.run("get", "csr", "daemon", "-o", "jsonpath={.status.conditions[*].type}")).includes(
      "Approved",
    ),
  );
});

it("goes on with v3, on a DaemonSet of another name, without admission", async () => {
  await apply({ version: "v3.4.2", attachments: { admission: "Off" } });
  await new TestInstall(kubectl).ready();
  await waitUntil(
    "admission to be gone",
    async () => !(await there("validatingwebhookconfigurations", "multus-operator")),
  );
});

it("removes Multus from the nodes, with all that it made", async () => {
  await apply({ uninstall: { networkDefinitions: "Delete" } });
  await new TestInstall(kubectl).ready();
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  expect(await there("clusterroles", "multus")).toBe(false);
  // The API server deletes a CRD once it has deleted its objects.
  await waitUntil(
    "the CRD to be gone",
    async () => !(await there("crd", "network-attachment-definitions.k8s.cni.cncf.io")),
  );
});

it("has used every right that the chart grants, but those that it holds for Multus, and was rejected nothing", async () => {
  for (const operator of operators) await operator.kill();
  const ownEvents = () => plane.auditEvents().filter(({ user }) => user.username === OPERATOR);
  const granted = grantedRights(await chartObjects(...VALUES));
  const held = heldRights();
  // A watch is in the audit log once the API server has noticed its end.
  await waitUntil("every right to be in the audit log", () => {
    const used = usedRights(ownEvents());
    const unused = [...granted].filter((right) => !used.has(right) && !held.has(right));
    expect(unused.toSorted()).toEqual([]);
    return true;
  });
  const rejected = ownEvents().filter(isRejected).map(shown);
  expect([...new Set(rejected)]).toEqual([]);
});

/** By RBAC, or by a policy. */
const isRejected = ({ responseStatus: { code, message = "" } = {} }: AuditEvent) =>
  code === 403 || message.includes("ValidatingAdmissionPolicy");

const shown = ({ verb, requestURI }: AuditEvent) => `${verb} ${requestURI.split("?")[0]}`;
