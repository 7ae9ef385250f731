import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { binaries } from "./binaries.ts";
import { cacheDirectory } from "./cache.ts";
import { type ClusterOptions, clusterNeeds, startCluster, sweepDeadClusters } from "./cluster.ts";
import { ERROR } from "./command.ts";
import { isAlive, processIdentity } from "./file-lock.ts";
import type { ImageName } from "./images.ts";
import { type Needs, provide } from "./needs.ts";

/** A cluster that outlives the command that starts it: a process of its own holds it. */

interface Running {
  identity: string;
  kubeconfig: string;
}

/** Of Multus, for a cluster on which any sample may be applied. */
const MULTUS_IMAGES: readonly ImageName[] = ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2"];

function optionsWith(multus: readonly ImageName[]): ClusterOptions {
  return { nodes: 2, services: true, images: [...multus, "operator"] };
}

/** What `devClusterUp` installs and builds, for a command that needs more to do it all at once. */
export function devClusterNeeds(multus: readonly ImageName[] = MULTUS_IMAGES): Needs {
  return clusterNeeds(optionsWith(multus));
}

const STATE = cacheDirectory("dev-cluster.json");
const LOG = cacheDirectory("dev-cluster.log");

/** The kubeconfig's path of the cluster that runs, if one does. */
export function devCluster(): string | undefined {
  const running = read();
  return running && isAlive(running.identity) ? running.kubeconfig : undefined;
}

/**
 * Starts the cluster, or finds it running; returns its kubeconfig's path.
 *
 * @param multus the images of Multus that its nodes get; all if not given
 */
export async function devClusterUp(multus: readonly ImageName[] = MULTUS_IMAGES): Promise<string> {
  const running = devCluster();
  if (running !== undefined) return running;
  await provide(devClusterNeeds(multus));
  mkdirSync(cacheDirectory(), { recursive: true });
  rmSync(STATE, { force: true });
  const log = openSync(LOG, "w");
  const child = spawn(process.execPath, [join(import.meta.dirname, "dev.ts"), "serve", ...multus], {
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
  let shown = 0;
  while (!existsSync(STATE)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(causeIn(readFileSync(LOG, "utf8")) ?? `the cluster's process ended (log: ${LOG})`);
    const progress = readFileSync(LOG, "utf8");
    if (causeIn(progress) === undefined) process.stderr.write(progress.slice(shown));
    shown = progress.length;
    await sleep(200);
  }
  process.off("SIGINT", interrupt);
  return read()?.kubeconfig ?? "";
}

/** What a reader types so that the shell uses the cluster, with these programs and the kubectl plugin. */
export async function shellCommands(kubeconfig: string, programs: readonly string[]): Promise<string[]> {
  const folders = (await binaries(programs)).map((path) => dirname(path));
  const path = [...folders, resolve(import.meta.dirname, "../../bin")].join(":");
  return [`export KUBECONFIG=${kubeconfig}`, `export PATH=${path}:$PATH`];
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
export async function serveDevCluster(multus: readonly ImageName[]): Promise<void> {
  const cluster = await startCluster(optionsWith(multus));
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

/** The error that the cluster's process reported as it ended; see `runCommand`. */
function causeIn(log: string): string | undefined {
  const line = log.split("\n").findLast((text) => text.startsWith(ERROR));
  return line?.slice(ERROR.length);
}

function read(): Running | undefined {
  return existsSync(STATE) ? (JSON.parse(readFileSync(STATE, "utf8")) as Running) : undefined;
}
