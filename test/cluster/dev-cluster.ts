import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory } from "./cache.ts";
import { startCluster, sweepDeadClusters } from "./cluster.ts";
import { isAlive, processIdentity } from "./file-lock.ts";

/** A cluster that outlives the command that starts it: a process of its own holds it. */

interface Running {
  identity: string;
  kubeconfig: string;
}

const STATE = cacheDirectory("dev-cluster.json");
const LOG = cacheDirectory("dev-cluster.log");

/** Starts the cluster, or finds it running; returns its kubeconfig's path. */
export async function devClusterUp(): Promise<string> {
  const running = read();
  if (running && isAlive(running.identity)) return running.kubeconfig;
  mkdirSync(cacheDirectory(), { recursive: true });
  rmSync(STATE, { force: true });
  const log = openSync(LOG, "w");
  const child = spawn(process.execPath, [join(import.meta.dirname, "dev.ts"), "serve"], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  child.unref();
  const interrupt = () => {
    child.kill("SIGKILL"); // what it has started dies with it; the next start or `down` removes the rest
    process.exit(130);
  };
  process.once("SIGINT", interrupt);
  process.stderr.write(`starting a two-node cluster (log: ${LOG})\n`);
  let told = 0;
  while (!existsSync(STATE)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the cluster did not start:\n${readFileSync(LOG, "utf8").slice(-3000)}`);
    const progress = readFileSync(LOG, "utf8");
    process.stderr.write(progress.slice(told));
    told = progress.length;
    await sleep(200);
  }
  process.off("SIGINT", interrupt);
  return read()?.kubeconfig ?? "";
}

/** Ends the cluster and removes all of it; also what a killed one has left. */
export async function devClusterDown(): Promise<void> {
  const running = read();
  if (running && isAlive(running.identity)) {
    process.kill(Number(running.identity.split(" ")[0]), "SIGTERM");
    while (isAlive(running.identity)) await sleep(100);
  }
  rmSync(STATE, { force: true });
  await sweepDeadClusters();
}

/** Runs in the process that owns the cluster, until it is told to stop. */
export async function serveDevCluster(): Promise<void> {
  const cluster = await startCluster({
    nodes: 2,
    services: true,
    images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
  });
  const running: Running = { identity: processIdentity(process.pid) ?? "", kubeconfig: cluster.kubeconfig };
  writeFileSync(`${STATE}.new`, JSON.stringify(running));
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
