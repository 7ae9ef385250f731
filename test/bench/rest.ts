/**
 * What the operator asks of the API server when nothing changes but the nodes' heartbeats: with 2, 100 and 5,000 nodes,
 * each with a Multus pod that runs. Requests are counted in the API server's audit log for some minutes and put to the
 * hour, so what comes less often is not seen. After make build:
 *
 *   npm exec -- node test/bench/rest.ts [SECONDS] [NODES,NODES,…]
 *
 * Nodes and pods are written to etcd as the API server stored the first of them. Nodes are not inspected (no --node-image):
 * inspections are paced by the number of nodes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { customResourceDefinitions } from "../../src/crds/definitions.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { multusInstallStatus } from "../../src/crds/multus-install/status.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import {
  type ApiObject,
  CUSTOM_RESOURCE_DEFINITIONS,
  DAEMON_SETS,
  NAMESPACES,
  NODES,
  PODS,
} from "../../src/kube/resource.ts";
import type { AuditEvent } from "../cluster/audit.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { budgetTable, progress, type Row } from "./budgets.ts";
import { cpuSecondsOf, memoryOf } from "./process-figures.ts";
import { startOperator } from "./scale/shipped.ts";
import { StoredCopies } from "./stored-copies.ts";

const SECONDS = Number(process.argv[2] ?? 300);
const COUNTS = (process.argv[3] ?? "2,100,5000").split(",").map(Number);
/** A kubelet writes its node's status this often if nothing changes (nodeStatusReportFrequency). */
const HEARTBEAT_SECONDS = 300;
const MAX_REQUESTS_PER_HOUR = 20;
const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
const FIRST = "9999";
const BEAT = "2026-01-01T00:00:00Z";

const rows: Row[] = [];
for (const count of COUNTS) rows.push(...(await atRest(count)));
process.stdout.write(
  `${budgetTable(rows)}\nCounted for ${SECONDS} s and scaled to one hour, with a heartbeat of each node every ${HEARTBEAT_SECONDS} s.\n`,
);

async function atRest(count: number): Promise<Row[]> {
  await using plane = await startControlPlane({ auditPolicy: true });
  const connection = connect({ kubeconfig: plane.kubeconfig });
  const client = new KubeClient(connection);
  for (const crd of customResourceDefinitions())
    await client.create(CUSTOM_RESOURCE_DEFINITIONS, crd as ApiObject);
  await plane.kubectl("wait", "--for=condition=Established", "crd/multusinstalls.multus-operator.dev");
  await client.create(NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "multus-operator" },
  });
  const kubeconfig = plane.kubeconfigFor("operator", { name: "operator", groups: ["system:masters"] });
  const operator = await startOperator({ kubeconfig, directory: plane.directory }, "operator", {
    port: 20_000 + (process.pid % 10_000),
    leaderElection: true,
  });
  try {
    const beat = await settle(plane, client, count);
    progress(`${count} nodes: Ready`);
    // Reports of what was ready last, and events about it.
    await sleep(20_000);
    const before = plane.auditEvents().length;
    const cpu = cpuSecondsOf(operator.pid);
    await beatFor(beat, count);
    const cores = (cpuSecondsOf(operator.pid) - cpu) / SECONDS;
    const events = plane
      .auditEvents()
      .slice(before)
      .filter(({ user, verb }) => user.username === "operator" && verb !== "watch");
    const others = events.filter(({ objectRef }) => objectRef?.resource !== "leases");
    const writes = others.filter(({ verb }) => verb !== "get" && verb !== "list");
    for (const { verb, requestURI } of others) progress(`${count} nodes: ${verb} ${requestURI}`);
    const hourly = (of: AuditEvent[]) => Math.round((of.length * 3600) / SECONDS).toLocaleString("en");
    const leases = events.length - others.length;
    const nodes = `${count.toLocaleString("en")} nodes`;
    return [
      {
        measure: `${nodes}: requests an hour, without watches and ${Math.round((leases * 3600) / SECONDS)} of the Lease`,
        measured: hourly(others),
        budget: String(MAX_REQUESTS_PER_HOUR),
      },
      { measure: `${nodes}: writes among them`, measured: hourly(writes), budget: "0" },
      {
        measure: `${nodes}: resident memory; CPU`,
        measured: `${memoryOf(operator.pid).resident.toFixed(0)} MiB; ${cores.toFixed(3)} cores`,
      },
    ];
  } finally {
    await operator.stop();
    await connection.close();
  }
}

/** An install whose Multus runs on every node. Returns what writes the heartbeat of a node. */
async function settle(
  plane: ControlPlane,
  client: KubeClient,
  count: number,
): Promise<(node: number) => Promise<void>> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  await client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `node-${FIRST}`, labels: { "kubernetes.io/os": "linux" } },
  });
  const conditions = [{ type: "Ready", status: "True", lastHeartbeatTime: BEAT }];
  const nodeInfo = { operatingSystem: "linux", kubeletVersion: "v1.36.3", osImage: "hollow" };
  await client.patch({ type: NODES, name: `node-${FIRST}` }, { status: { conditions, nodeInfo } }, "status");
  const nodes = await StoredCopies.of(plane.etcd, `/registry/minions/node-${FIRST}`);
  await nodes.write(numbers.map((n) => [[FIRST, digits(n)]]));
  await client.delete({ type: NODES, name: `node-${FIRST}` });
  await client.create(MULTUS_INSTALL, {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name: "multus" },
    spec: { mode: "Thick" },
  });
  await waitUntil("the DaemonSet", async () => (await client.get(DAEMON_SET)) !== undefined);
  const pods = await StoredCopies.of(plane.etcd, await multusPod(client));
  await pods.write(numbers.map((n) => [[FIRST, digits(n)]]));
  await client.delete(
    { type: PODS, namespace: DAEMON_SET.namespace, name: `${DAEMON_SET.name}-${FIRST}` },
    { gracePeriodSeconds: 0 },
  );
  await client.patch(
    DAEMON_SET,
    {
      status: {
        ...{ currentNumberScheduled: count, desiredNumberScheduled: count, numberMisscheduled: 0 },
        ...{ numberReady: count, numberAvailable: count, updatedNumberScheduled: count },
        observedGeneration: 1,
      },
    },
    "status",
  );
  await waitUntil("the install to be Ready", async () => {
    const install = await client.get<ApiObject>({ type: MULTUS_INSTALL, name: "multus" });
    const { conditions: found } = multusInstallStatus.parse(install?.status ?? {});
    return found?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  });
  return async (node) => {
    const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    await nodes.write([
      [
        [FIRST, digits(node)],
        [BEAT, at],
      ],
    ]);
  };
}

interface Template {
  metadata: { labels: Record<string, string> };
  spec: object;
}

/** A running pod of the DaemonSet. Returns its key in etcd. */
async function multusPod(client: KubeClient): Promise<string> {
  const daemonSet = await client.get<ApiObject & { spec: { template: Template } }>(DAEMON_SET);
  if (!daemonSet) throw new Error("the DaemonSet is gone");
  const { metadata, spec } = daemonSet.spec.template;
  const { namespace } = DAEMON_SET;
  const name = `${DAEMON_SET.name}-${FIRST}`;
  await client.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name, namespace },
      labels: { ...metadata.labels, "pod-template-generation": "1" },
      ownerReferences: [
        {
          ...{ apiVersion: "apps/v1", kind: "DaemonSet", name: DAEMON_SET.name },
          ...{ uid: daemonSet.metadata.uid ?? "", controller: true, blockOwnerDeletion: true },
        },
      ],
    },
    spec: { ...spec, nodeName: `node-${FIRST}` },
  });
  const lastTransitionTime = new Date(Date.now() - 60_000).toISOString();
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
  await client.patch({ type: PODS, namespace, name }, { status: { phase: "Running", conditions } }, "status");
  return `/registry/pods/${namespace}/${name}`;
}

async function beatFor(beat: (node: number) => Promise<void>, count: number): Promise<void> {
  const begun = performance.now();
  let written = 0;
  for (;;) {
    const seconds = (performance.now() - begun) / 1000;
    if (seconds > SECONDS) return;
    const due = Math.floor((seconds * count) / HEARTBEAT_SECONDS) - written;
    for (let n = 0; n < due; n++) await beat(written++ % count);
    await sleep(100);
  }
}

function digits(n: number): string {
  return String(n).padStart(FIRST.length, "0");
}
