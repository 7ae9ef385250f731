/**
 * How soon another replica leads: the leader ends by SIGTERM, as in a rollout, or by SIGKILL, as with its node. After make
 * build:
 *
 *   npm exec -- node test/bench/failover.ts [STOPS] [KILLS]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { customResourceDefinitions } from "../../src/crds/definitions.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, CUSTOM_RESOURCE_DEFINITIONS, LEASES, NAMESPACES } from "../../src/kube/resource.ts";
import { startControlPlane } from "../cluster/control-plane.ts";
import type { Daemon } from "../cluster/daemon.ts";
import { budgetTable, progress } from "./budgets.ts";
import { quantile } from "./process-figures.ts";
import { startOperator } from "./scale/shipped.ts";
import { Seen } from "./seen.ts";

const [STOPS = 5, KILLS = 3] = process.argv.slice(2).map(Number);
const TIMEOUT_MS = 60_000;
/** Of the Lease; src/kube/leader-election/leader-election.ts. */
const LEASE_SECONDS = 15;
const KEY = "multus-operator/multus-operator";

await using plane = await startControlPlane();
const connection = connect({ kubeconfig: plane.kubeconfig });
const client = new KubeClient(connection);
for (const crd of customResourceDefinitions())
  await client.create(CUSTOM_RESOURCE_DEFINITIONS, crd as ApiObject);
await client.create(NAMESPACES, {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "multus-operator" },
});
const holders = new Seen(
  client,
  LEASES,
  ({ spec }) => (spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? "",
);
await holders.start();

let port = 20_000 + (process.pid % 10_000);
const start = () => startOperator(plane, `operator-${port}`, { port: port++, leaderElection: true });
let leader = await start();
await leads("");
try {
  const stopped: number[] = [];
  for (let n = 0; n < STOPS; n++) stopped.push(await takeover((daemon) => daemon.stop()));
  const killed: number[] = [];
  for (let n = 0; n < KILLS; n++) killed.push(await takeover((daemon) => daemon.kill()));
  const ms = (values: readonly number[]) => Math.round(quantile(values, 0.5)).toLocaleString("en");
  const worst = (values: readonly number[]) => Math.round(Math.max(...values)).toLocaleString("en");
  process.stdout.write(
    budgetTable([
      {
        measure: `SIGTERM → another replica holds the Lease, median; worst of ${STOPS}`,
        measured: `${ms(stopped)}; ${worst(stopped)} ms`,
        budget: "1,000 ms",
      },
      {
        measure: `SIGKILL → another replica holds the Lease (${LEASE_SECONDS} s), median; worst of ${KILLS}`,
        measured: `${ms(killed)}; ${worst(killed)} ms`,
        budget: `${((LEASE_SECONDS + 1) * 1000).toLocaleString("en")} ms`,
      },
    ]),
  );
} finally {
  await leader.stop();
  await holders.stop();
  await connection.close();
}

/** Resolves with the time at which another than `before` leads. */
async function leads(before: string): Promise<number> {
  const isHeld = (all: ReadonlyMap<string, string>) => !["", before].includes(all.get(KEY) ?? "");
  return await holders.when(isHeld, TIMEOUT_MS, "another leader");
}

/** ms from the signal until the replica that waits leads. */
async function takeover(end: (daemon: Daemon) => Promise<void>): Promise<number> {
  const before = holders.all.get(KEY) ?? "";
  const next = await start();
  await sleep(4000); // it waits for the Lease by now
  const begun = performance.now();
  const [at] = await Promise.all([leads(before), end(leader)]);
  leader = next;
  progress(`another replica leads after ${Math.round(at - begun)} ms`);
  return at - begun;
}
