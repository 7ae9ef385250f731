import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dump } from "js-yaml";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { type ApiObject, CERTIFICATE_SIGNING_REQUESTS } from "../../src/kube/resource.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyRights, chartObjects, OPERATOR } from "./chart.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import {
  COMMON_NAME,
  daemonSubject,
  ORGANIZATION,
  part,
  requestOf,
  signingRequestPem,
} from "./signing-requests.ts";

/** Certificates of the daemons, from request to certificate, with the account and the policy of the chart. */

const CRD = new URL("../../manifests/crds/multus-operator.dev_multusinstalls.yaml", import.meta.url);
const log = pino({ level: "silent" });

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let nodes: HollowNodes;
let controller: InstallOperator;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await kubectl.runWithInput(readFileSync(CRD, "utf8"), "apply", "--server-side", "-f", "-");
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
  await kubectl.run("create", "namespace", "multus-operator");
  await applyChart(false);
  const admin = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  nodes = new HollowNodes(admin, log);
  await nodes.add("node-1");
  await nodes.add("node-2", { taints: [{ key: "mine", effect: "NoExecute" }] });
  const kubeconfig = await plane.kubeconfigForServiceAccount("multus-operator", "multus-operator");
  const client = new KubeClient(connect({ kubeconfig }));
  const events = new EventRecorder(client, log, {
    controller: "multus-operator.dev/multus-install",
    instance: "test",
  });
  controller = new InstallOperator({ client, log, metrics: new Metrics(), events });
  await controller.start();
});

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

async function applyChart(approve: boolean): Promise<void> {
  await applyRights(kubectl, `perNodeCertificates.approve=${approve}`);
}

const SPEC = {
  mode: "Thick",
  uninstall: { nodes: "Leave" },
  workload: { tolerations: [{ operator: "Exists", effect: "NoSchedule" }] },
};

async function applyInstall(enabled: boolean): Promise<void> {
  await install().apply({ ...SPEC, daemon: { perNodeCertificate: { enabled } } });
}

const install = () => new TestInstall(kubectl);

const clients = new Map<string, KubeClient>();
let count = 0;

/** Makes a request as a user, who is let make any; returns its name. */
async function ask(user: string, groups: string[], pem: string): Promise<string> {
  let client = clients.get(user);
  if (!client) {
    const kubeconfig = plane.kubeconfigFor(`user-${clients.size}`, { name: user, groups });
    client = new KubeClient(connect({ kubeconfig }));
    clients.set(user, client);
  }
  const name = `request-${count++}`;
  const { spec } = requestOf("", pem);
  const { username: _, groups: __, ...asked } = spec;
  await client.create(CERTIFICATE_SIGNING_REQUESTS, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: asked,
  });
  return name;
}
const askForDaemon = async (user: string, group: string, node: string) =>
  await ask(user, [group], signingRequestPem({ subject: daemonSubject(node) }));

interface Request extends ApiObject {
  status: { certificate?: string; conditions?: { type: string; message: string }[] };
}
const request = async (name: string) => await kubectl.get<Request>("csr", name);
const decisions = async (name: string) =>
  (await request(name)).status.conditions?.map(({ type }) => type) ?? [];
const untilDecided = async (name: string, type: string) =>
  await waitUntil(`${name} to be ${type}`, async () => (await decisions(name)).includes(type));

it("writes nothing while the operator may not approve, and says which value is to be set", async () => {
  await applyInstall(true);
  expect(await install().reason("Ready", "Forbidden")).toContain("perNodeCertificates.approve");
  expect(await kubectl.run("get", "daemonsets,clusterroles", "-n", "kube-system", "-o", "name")).not.toMatch(
    /kube-multus-ds|\/multus$/m,
  );
});

it("goes on once it may, also if the policies take longer than the rights", async () => {
  const wanted = await chartObjects("perNodeCertificates.approve=true");
  const rights = wanted.filter(({ kind }) => /^ClusterRole(Binding)?$/.test(kind));
  await kubectl.runWithInput(rights.map((object) => dump(object)).join("---\n"), "apply", "-f", "-");
  await install().reason("Ready", "Rejected");
  await applyChart(true);
  await install().ready();
});

it("approves a daemon's request, made with its kubelet's rights and then with its certificate's", async () => {
  const first = await askForDaemon("system:node:node-1", "system:nodes", "node-1");
  const issued = async () => (await request(first)).status.certificate;
  await waitUntil("a certificate", async () => (await issued()) !== undefined);
  const certificate = new X509Certificate(Buffer.from((await issued()) ?? "", "base64"));
  expect(certificate.subject.split("\n")).toEqual(["O=system:multus", "CN=system:multus:node-1"]);
  const next = await askForDaemon("system:multus:node-1", "system:multus", "node-1");
  await untilDecided(next, "Approved");
});

it("denies what pretends to be a daemon's, with one event each", async () => {
  const subject = [
    part(ORGANIZATION, "system:multus"),
    part(ORGANIZATION, "admins"),
    part(COMMON_NAME, "system:multus:node-1"),
  ];
  const wrong = [
    await askForDaemon("system:node:node-1", "system:nodes", "node-2"),
    await ask("system:node:node-1", ["system:nodes"], signingRequestPem({ subject })),
    await askForDaemon("jane", "system:masters", "node-1"),
  ];
  for (const name of wrong) {
    await untilDecided(name, "Denied");
    await waitUntil("an event", async () => {
      const told = [
        "get",
        "events",
        "--field-selector",
        `involvedObject.name=${name}`,
        "-o",
        "jsonpath={.items[*].reason}",
      ];
      return (await kubectl.run(...told)) === "CertificateDenied";
    });
  }
});

it("leaves alone what is no daemon's, and daemons of nodes where the install runs none", async () => {
  const others = await ask(
    "system:node:node-1",
    ["system:nodes"],
    signingRequestPem({ subject: [part(COMMON_NAME, "joe")] }),
  );
  const unused = await askForDaemon("system:node:node-2", "system:nodes", "node-2");
  const unknown = await askForDaemon("system:node:node-9", "system:nodes", "node-9");
  // One that comes after them is decided: they were looked at.
  await untilDecided(await askForDaemon("system:node:node-1", "system:nodes", "node-1"), "Approved");
  for (const name of [others, unused, unknown]) expect(await decisions(name)).toEqual([]);
});

it("may not approve what no node has made, nor make a request, whatever the operator's account is told", async () => {
  const foreign = await ask(
    "jane",
    ["system:masters"],
    signingRequestPem({ subject: [part(COMMON_NAME, "root")] }),
  );
  await expect(kubectl.run("certificate", "approve", foreign, `--as=${OPERATOR}`)).rejects.toThrow(
    /requests of nodes and of Multus' daemons/,
  );
  const { metadata: _, status: __, ...made } = await request(foreign);
  const own = JSON.stringify({ ...made, metadata: { name: "own" } });
  await expect(kubectl.runWithInput(own, "create", "-f", "-", `--as=${OPERATOR}`)).rejects.toThrow(
    /does not request certificates/,
  );
  expect(await decisions(foreign)).toEqual([]);
});

it("approves no more once the field is off, and the service account has its rights back", async () => {
  await applyInstall(false);
  await install().ready();
  const kinds = ["get", "clusterrolebinding", "multus", "-o", "jsonpath={.subjects[*].kind}"];
  await waitUntil("the binding to be narrow", async () => (await kubectl.run(...kinds)) === "ServiceAccount");
  await waitUntil("the approver to be off", async () => {
    const late = await askForDaemon("system:node:node-1", "system:nodes", "node-1");
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await decisions(late)).length === 0;
  });
});
