import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary } from "./binaries.ts";
import { oneLine } from "./command.ts";
import { dockerProblem } from "./docker.ts";
import { CommandError, execute } from "./execute.ts";
import { type ImageName, image } from "./images.ts";
import { Kubectl } from "./kubectl.ts";
import type { OpenCluster, OpenNode } from "./open-cluster.ts";
import { createStateDirectory, removeStateDirectory } from "./state-directory.ts";

/** Why kind cannot run here, or undefined where it can. */
export function kindProblem(): string | undefined {
  const problem = dockerProblem();
  return problem === undefined ? undefined : `kind needs a Docker engine (${problem})`;
}

const registration = (kind: "InitConfiguration" | "JoinConfiguration", registered: object) =>
  JSON.stringify({ kind, nodeRegistration: registered });

/**
 * The taint of a control-plane node keeps pods off it: with `taints: []` it is a node like the others. If it is the only
 * node, kind removes the taint, and fails if there is none.
 */
const controlPlane = (name: string, nodes: number) =>
  registration("InitConfiguration", nodes === 1 ? { name } : { name, taints: [] });

/**
 * A cluster of kind's: as many nodes as asked for, node-1 (the control plane), node-2, …, and a second Docker network
 * as every node's eth1. Docker pulls kind's own node image, or uses the one that KIND_IMAGE names.
 */
export async function openKindCluster(options: { nodes: number; images: ImageName[] }): Promise<OpenCluster> {
  const directory = createStateDirectory("kind");
  const name = `multus-operator-${process.pid}-${directory.slice(-6).toLowerCase()}`;
  const kubeconfig = join(directory, "kubeconfig");
  const kind = await binary("kind");
  const names = Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`);
  const config = {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: names.map((node, index) =>
      index === 0
        ? { role: "control-plane", kubeadmConfigPatches: [controlPlane(node, names.length)] }
        : { role: "worker", kubeadmConfigPatches: [registration("JoinConfiguration", { name: node })] },
    ),
  };
  const nodeImage = process.env.KIND_IMAGE ? ["--image", process.env.KIND_IMAGE] : [];
  let hasNetwork = false;
  const stop = async () => {
    await execute(kind, ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig]);
    if (hasNetwork) await execute("docker", ["network", "rm", name]);
    removeStateDirectory(directory);
  };
  try {
    const create = ["create", "cluster", "--name", name, "--kubeconfig", kubeconfig, ...nodeImage];
    await despiteSlowNodes(
      () => execute(kind, [...create, "--config", "-", "--wait", "120s"], { input: JSON.stringify(config) }),
      () => execute(kind, ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig]),
    );
    // Not --internal: its firewall rule drops the addresses of pods, which are outside of the network's range.
    await execute("docker", ["network", "create", name]);
    hasNetwork = true;
    const containers = names.map((_, index) => `${name}-${containerRole(index)}`);
    for (const container of containers) await execute("docker", ["network", "connect", name, container]);
    const kubectl = new Kubectl(kubeconfig);
    const loadImage = async (wanted: ImageName) => {
      const { archive } = await image(wanted);
      await execute(kind, ["load", "image-archive", archive, "--name", name]);
    };
    for (const wanted of new Set<ImageName>(["busybox", ...options.images])) await loadImage(wanted);
    return {
      kubeconfig,
      nodes: await Promise.all(names.map((node, index) => nodeOf(node, containers[index] ?? ""))),
      kubectl: (...args) => kubectl.run(...args),
      kubectlWithInput: (input, ...args) => kubectl.runWithInput(input, ...args),
      loadImage,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop().catch(() => {}); // the first error says more
    const hint = inotifyHint();
    throw hint === undefined ? error : new Error(`${oneLine(error)}; ${hint}`, { cause: error });
  }
}

/**
 * kind gives systemd of a node 30 s until "Reached target Multi-User System" is in its log, which no option changes
 * (createContainerWithWaitUntilSystemdReachesMultiUserSystem), and fails with these words.
 */
const SLOW_NODE = /could not find a log line that matches/;
const MAX_ATTEMPTS = 4;

/**
 * Creates a cluster again if a node was slow: on a machine that is busy the files of the node are in memory by then. Any
 * other failure, and the last one, is thrown.
 */
export async function despiteSlowNodes(
  create: () => Promise<unknown>,
  remove: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await create();
      return;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !(error instanceof CommandError) || !SLOW_NODE.test(error.stderr))
        throw error;
      await remove();
    }
  }
}

const INOTIFY_LIMIT = "/proc/sys/fs/inotify/max_user_instances";
/** Each node takes about 20; the usual 128 are too few for two clusters and what else a machine runs. */
const ENOUGH_INOTIFY = 512;

/** Why a kubelet may not have started although nothing is wrong with the cluster; undefined if there are enough. */
export function inotifyHint(limit = inotifyLimit()): string | undefined {
  if (limit >= ENOUGH_INOTIFY) return undefined;
  return `if a kubelet reports "too many open files": fs.inotify.max_user_instances is ${limit}, and a node takes about 20; run one test file at a time, or sysctl -w fs.inotify.max_user_instances=${ENOUGH_INOTIFY}`;
}

/** Infinite if this machine shows none: the engine runs on another one. */
function inotifyLimit(): number {
  return existsSync(INOTIFY_LIMIT) ? Number(readFileSync(INOTIFY_LIMIT, "utf8")) : Number.POSITIVE_INFINITY;
}

/** kind names its containers after the cluster and their role: -control-plane, -worker, -worker2, … */
function containerRole(index: number): string {
  if (index === 0) return "control-plane";
  return index === 1 ? "worker" : `worker${index}`;
}

async function nodeOf(name: string, container: string): Promise<OpenNode> {
  const exec = (...command: string[]) => execute("docker", ["exec", container, ...command]);
  const address = "{{.NetworkSettings.Networks.kind.IPAddress}}";
  return {
    name,
    address: (await execute("docker", ["inspect", "--format", address, container])).trim(),
    exec,
    readFile: (path) => exec("cat", path),
    listDirectory: async (path) => (await exec("ls", "-A1", path)).split("\n").filter(Boolean),
  };
}
