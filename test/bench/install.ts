/**
 * From `kubectl create` of a MultusInstall to the last of its objects, next to `kubectl apply --server-side` of the same
 * objects, in turns on one API server; a profile of what the operator asks of the API server for it; and how soon a deleted
 * DaemonSet is back. After make build:
 *
 *   npm exec -- node test/bench/install.ts [ROUNDS] [--requests]
 *
 * --requests shows each request of the first round, with cold programs and caches, and of the last.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { toYaml } from "../../src/commands/yaml.ts";
import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { DAEMON_SETS } from "../../src/kube/resource.ts";
import { renderInstall } from "../../src/render/render.ts";
import type { AuditEvent } from "../cluster/audit.ts";
import { startControlPlane } from "../cluster/control-plane.ts";
import { budgetTable, progress } from "./budgets.ts";
import { precise, profileTable, requestList } from "./install-profile.ts";
import { quantile } from "./process-figures.ts";
import { startOperator } from "./scale/shipped.ts";
import { Seen } from "./seen.ts";

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: "boolean" } },
});
const ROUNDS = Number(positionals[0] ?? 12);
const DELETIONS = 5;
const TIMEOUT_MS = 60_000;
const INSTALL = {
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec: { mode: "Thick" },
};
const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
const KEY = `${DAEMON_SET.namespace}/${DAEMON_SET.name}`;
const CRDS = new URL("../../manifests/crds", import.meta.url).pathname;

await using plane = await startControlPlane({ controllerManager: true, auditPolicy: true });
await plane.kubectl("apply", "--server-side", "-f", CRDS);
await plane.kubectl("wait", "--for=condition=Established", "crd/multusinstalls.multus-operator.dev");
// The operator's own, as the chart's users create it: without it, its webhook's certificate is rejected again and again.
await plane.kubectl("create", "namespace", "multus-operator");
const connection = connect({ kubeconfig: plane.kubeconfig });
const client = new KubeClient(connection);
const uidOf = ({ metadata }: { metadata: { uid?: string } }) => metadata.uid ?? "";
const daemonSets = new Seen(client, DAEMON_SETS, uidOf);
const installs = new Seen(client, MULTUS_INSTALL, uidOf);
await Promise.all([daemonSets.start(), installs.start()]);
const kubeconfig = plane.kubeconfigFor("operator", { name: "operator", groups: ["system:masters"] });
const port = 20_000 + (process.pid % 10_000);
const operator = await startOperator({ kubeconfig, directory: plane.directory }, "operator", { port });

const parsed = parseMultusInstall(INSTALL);
if (!parsed.ok) throw new Error("the benchmark's own install is not valid");
const objects = renderInstall(parsed.value).objects;
const manifests = toYaml(objects);
const isThere = () => daemonSets.when((all) => all.has(KEY), TIMEOUT_MS, "the DaemonSet");
const isGone = () => daemonSets.when((all) => !all.has(KEY), TIMEOUT_MS, "the end of the DaemonSet");

const whole: number[] = [];
const sinceCreated: number[] = [];
const byKubectl: number[] = [];
const byStart: number[] = [];
const requests: Round[] = [];
const back: number[] = [];
try {
  await sleep(3000);
  for (let round = 0; round <= ROUNDS; round++) {
    const found = await installByOperator();
    const applied = await installByKubectl();
    progress(
      `round ${round}: operator ${found.whole.toFixed(0)} ms, ${found.sinceCreated.toFixed(0)} since created; kubectl ${applied.toFixed(0)} ms`,
    );
    if (flags.requests && (round === 0 || round === ROUNDS))
      process.stderr.write(`${requestList(found.events, found.created).join("\n")}\n`);
    if (round === 0) continue; // programs and caches are cold
    whole.push(found.whole);
    sinceCreated.push(found.sinceCreated);
    byKubectl.push(applied);
    requests.push(found);
    byStart.push(await kubectlStart());
  }
  await plane.kubectlWithInput(JSON.stringify(INSTALL), "create", "-f", "-");
  await isThere();
  for (let n = 0; n < DELETIONS; n++) {
    await sleep(3000);
    const uid = daemonSets.all.get(KEY);
    const begun = performance.now();
    await client.delete(DAEMON_SET);
    const isBack = (all: ReadonlyMap<string, string>) => all.has(KEY) && all.get(KEY) !== uid;
    back.push((await daemonSets.when(isBack, TIMEOUT_MS, "another DaemonSet")) - begun);
  }
} finally {
  await operator.kill();
  await Promise.all([daemonSets.stop(), installs.stop()]);
  await connection.close();
}
process.stdout.write(report());

function report(): string {
  const median = (values: readonly number[]) => quantile(values, 0.5);
  const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;
  const ratio = (values: readonly number[]) => (median(values) / median(byKubectl)).toFixed(2);
  const counts = (matches: (event: AuditEvent) => boolean) =>
    median(requests.map(({ events }) => events.filter(matches).length));
  const isDryRun = ({ requestURI }: AuditEvent) => requestURI.includes("dryRun=");
  const isRead = ({ verb }: AuditEvent) => verb === "get" || verb === "list";
  const answering = median(requests.map(({ events }) => events.reduce((sum, event) => sum + msOf(event), 0)));
  return [
    budgetTable([
      {
        measure: "`kubectl apply --server-side` of the same objects, the whole command",
        measured: ms(byKubectl),
      },
      { measure: "`kubectl version --client`, which sends nothing", measured: ms(byStart) },
      {
        measure: "`kubectl create` of the MultusInstall → its last object, the whole command",
        measured: ms(whole),
      },
      { measure: "the same ÷ `kubectl apply`", measured: ratio(whole), budget: "0.5" },
      { measure: "MultusInstall created → its last object", measured: ms(sinceCreated) },
      { measure: "the same ÷ `kubectl apply`", measured: ratio(sinceCreated) },
      {
        measure: "a deleted DaemonSet is back after, median; worst",
        measured: `${ms(back)}; ${Math.max(...back).toFixed(0)} ms`,
        budget: "1,000 ms",
      },
    ]),
    `Medians of ${ROUNDS} rounds. From the MultusInstall to the last object, the operator sends ${counts(isRead)} reads, ${counts(isDryRun)} dry runs and ${counts((event) => !isRead(event) && !isDryRun(event))} writes (its admission policies among them), on which the API server works for ${answering.toFixed(0)} ms, some of them at the same time.`,
    "",
    profileTable(requests),
  ].join("\n");
}

interface Round {
  /** Of the operator, until the DaemonSet was seen. */
  events: AuditEvent[];
  /** When the API server had created the MultusInstall, ms since 1970. */
  created: number;
}

interface Found extends Round {
  whole: number;
  sinceCreated: number;
}

/** Until the DaemonSet, which is applied last. */
async function installByOperator(): Promise<Found> {
  const from = Date.now();
  const begun = performance.now();
  const [created, there] = await Promise.all([
    installs.when((all) => all.has("multus"), TIMEOUT_MS, "the MultusInstall"),
    isThere(),
    plane.kubectlWithInput(JSON.stringify(INSTALL), "create", "-f", "-"),
  ]);
  const to = from + (there - begun);
  await sleep(1000);
  const audited = plane.auditEvents();
  const create = audited.findLast(
    ({ verb, objectRef }) => verb === "create" && objectRef?.resource === "multusinstalls",
  );
  const events = audited.filter(({ user, verb, requestReceivedTimestamp: at = "" }) => {
    return user.username === "operator" && verb !== "watch" && Date.parse(at) >= from && Date.parse(at) <= to;
  });
  await plane.kubectl("delete", "multusinstall", "multus", "--timeout=60s");
  await isGone();
  await sleep(1000);
  return {
    whole: there - begun,
    sinceCreated: there - created,
    events,
    created: precise(create?.stageTimestamp ?? ""),
  };
}

async function installByKubectl(): Promise<number> {
  const begun = performance.now();
  await plane.kubectlWithInput(manifests, "apply", "--server-side", "-f", "-");
  const took = performance.now() - begun;
  for (const { kind, metadata } of objects)
    if (kind !== "CustomResourceDefinition")
      await plane.kubectl("delete", kind, metadata.name, "-n", metadata.namespace ?? "default");
  await isGone();
  return took;
}

/** How long kubectl takes without any request. */
async function kubectlStart(): Promise<number> {
  const begun = performance.now();
  await plane.kubectl("version", "--client");
  return performance.now() - begun;
}

function msOf({ requestReceivedTimestamp: from = "", stageTimestamp: to = "" }: AuditEvent): number {
  return Date.parse(to) - Date.parse(from);
}
