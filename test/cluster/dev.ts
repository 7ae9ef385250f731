/**
 * A cluster for a developer to work against, which outlives the command that starts it.
 *
 *   node test/cluster/dev.ts up      starts it, prints its kubeconfig's path (make cluster)
 *   node test/cluster/dev.ts down    ends it and removes all of it (make cluster-down)
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory } from "./cache.ts";
import { startCluster, sweepDeadClusters } from "./cluster.ts";
import { isAlive, processIdentity } from "./file-lock.ts";

interface Running {
  identity: string;
  kubeconfig: string;
}

const STATE = cacheDirectory("dev-cluster.json");
const LOG = cacheDirectory("dev-cluster.log");

const command = process.argv[2];
if (command === "up") await up();
else if (command === "down") await down();
else if (command === "serve") await serve();
else {
  process.stderr.write("usage: node test/cluster/dev.ts up|down\n");
  process.exitCode = 2;
}

async function up(): Promise<void> {
  const running = read();
  if (running && isAlive(running.identity)) {
    process.stdout.write(`${running.kubeconfig}\n`);
    return;
  }
  mkdirSync(cacheDirectory(), { recursive: true });
  rmSync(STATE, { force: true });
  const log = openSync(LOG, "w");
  const child = spawn(process.execPath, [import.meta.filename, "serve"], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  child.unref();
  process.stderr.write(`starting a cluster, its log is ${LOG}\n`);
  while (!existsSync(STATE)) {
    if (child.exitCode !== null)
      throw new Error(`the cluster did not start:\n${readFileSync(LOG, "utf8").slice(-3000)}`);
    await sleep(200);
  }
  process.stdout.write(`${read()?.kubeconfig}\n`);
}

async function down(): Promise<void> {
  const running = read();
  if (running && isAlive(running.identity)) {
    process.kill(Number(running.identity.split(" ")[0]), "SIGTERM");
    while (isAlive(running.identity)) await sleep(100);
  }
  rmSync(STATE, { force: true });
  await sweepDeadClusters();
}

/** The process that owns the cluster. */
async function serve(): Promise<void> {
  const cluster = await startCluster({
    nodes: 2,
    images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2"],
  });
  const identity = processIdentity(process.pid) ?? "";
  writeFileSync(
    `${STATE}.new`,
    JSON.stringify({ identity, kubeconfig: cluster.kubeconfig } satisfies Running),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  renameSync(`${STATE}.new`, STATE);
  const alive = setInterval(() => {}, 60_000);
  await promise;
  clearInterval(alive);
  await cluster.stop();
}

function read(): Running | undefined {
  return existsSync(STATE) ? (JSON.parse(readFileSync(STATE, "utf8")) as Running) : undefined;
}
