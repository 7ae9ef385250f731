import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { toYaml } from "../../src/commands/yaml.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { DAEMON_SETS } from "../../src/kube/resource.ts";
import { renderInstall } from "../../src/render/render.ts";
import { startControlPlane } from "../cluster/control-plane.ts";
import { Daemon, waitUntil } from "../cluster/daemon.ts";

/**
 * From `kubectl create` of a MultusInstall to the last of its objects, beside `kubectl apply --server-side` of
 * the same objects, in turns on one API server; then what the operator asks of the API server at rest, and
 * its resident memory. Run it: npm exec -- node test/bench/install.ts, after make build
 */
const ROUNDS = 12;
const REST_SECONDS = 60;

const INSTALL = {
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec: { mode: "Thick" },
};
const CRDS = new URL("../../manifests/crds", import.meta.url).pathname;
const PROGRAM = new URL("../../dist/multus-operator.mjs", import.meta.url).pathname;

await using plane = await startControlPlane({ controllerManager: true, auditPolicy: true });
await plane.kubectl("apply", "--server-side", "-f", CRDS);
await plane.kubectl("wait", "--for=condition=Established", "crd/multusinstalls.multus-operator.dev");
const observer = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
const operatorUser = plane.kubeconfigFor("operator", { name: "operator", groups: ["system:masters"] });
const operator = Daemon.start({
  name: "multus-operator",
  command: process.execPath,
  args: [PROGRAM, "run", "--kubeconfig", operatorUser, "--no-leader-election", "--health-port", "0"],
  logFile: join(plane.directory, "operator.log"),
});

const parsed = parseMultusInstall(INSTALL);
if (!parsed.ok) throw new Error("the benchmark's own install is wrong");
const objects = renderInstall(parsed.value).objects;
const manifests = toYaml(objects);
const daemonSet = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
const exists = async () => (await observer.get(daemonSet)) !== undefined;

const byOperator: number[] = [];
const byKubectl: number[] = [];
try {
  for (let round = 0; round <= ROUNDS; round++) {
    const [operated, applied] = [await installByOperator(), await installByKubectl()];
    process.stderr.write(`round ${round}: operator ${operated} ms, kubectl ${applied} ms\n`);
    if (round === 0) continue; // programs and caches are cold
    byOperator.push(operated);
    byKubectl.push(applied);
  }
  const ratio = median(byOperator) / median(byKubectl);
  console.log(
    `install, median of ${ROUNDS}: operator ${median(byOperator)} ms, kubectl apply ${median(byKubectl)} ms, ratio ${ratio.toFixed(2)}`,
  );

  await installByOperator(false);
  await sleep(3000);
  const before = requestsOfOperator();
  await sleep(REST_SECONDS * 1000);
  const [asked, written] = requestsOfOperator().map((count, index) => count - (before[index] ?? 0));
  console.log(`at rest, ${REST_SECONDS} s: ${asked} requests ended, ${written} writes`);
  console.log(`resident memory: ${residentMiB(operator.pid)} MiB`);
} finally {
  await operator.kill();
}

/** ms from the command to the DaemonSet, which is applied last. */
async function installByOperator(remove = true): Promise<number> {
  const start = performance.now();
  await plane.kubectlWithInput(JSON.stringify(INSTALL), "create", "-f", "-");
  await waitUntil("the DaemonSet", exists, { everyMs: 5 });
  const ms = Math.round(performance.now() - start);
  if (remove) {
    await plane.kubectl("delete", "multusinstall", "multus", "--timeout=60s");
    await waitUntil("the DaemonSet to be gone", async () => !(await exists()));
  }
  return ms;
}

async function installByKubectl(): Promise<number> {
  const start = performance.now();
  await plane.kubectlWithInput(manifests, "apply", "--server-side", "-f", "-");
  const ms = Math.round(performance.now() - start);
  for (const object of objects)
    if (object.kind !== "CustomResourceDefinition")
      await plane.kubectl(
        "delete",
        object.kind,
        object.metadata.name,
        "-n",
        object.metadata.namespace ?? "default",
      );
  await waitUntil("the DaemonSet to be gone", async () => !(await exists()));
  return ms;
}

function requestsOfOperator(): [number, number] {
  const events = plane.auditEvents().filter(({ user }) => user.username === "operator");
  const writes = events.filter(({ verb }) => !["get", "list", "watch"].includes(verb));
  return [events.length, writes.length];
}

function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
