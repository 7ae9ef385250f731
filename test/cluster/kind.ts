import { join } from "node:path";
import { binary } from "./binaries.ts";
import { dockerProblem } from "./docker.ts";
import { execute } from "./execute.ts";
import { type ImageName, image } from "./images.ts";
import { Kubectl } from "./kubectl.ts";
import type { OpenCluster, OpenNode } from "./open-cluster.ts";
import { createStateDirectory, removeStateDirectory } from "./state-directory.ts";

/** Why kind cannot run here, or undefined where it can. */
export function kindProblem(): string | undefined {
  const problem = dockerProblem();
  return problem === undefined ? undefined : `kind needs a Docker engine (${problem})`;
}

/**
 * A cluster of kind's, with its own control-plane node besides, and a second Docker network as every node's
 * eth1. kind's node image is pulled by Docker.
 */
export async function openKindCluster(options: { nodes: number; images: ImageName[] }): Promise<OpenCluster> {
  const directory = createStateDirectory("kind");
  const name = `multus-operator-${process.pid}-${directory.slice(-6).toLowerCase()}`;
  const kubeconfig = join(directory, "kubeconfig");
  const kind = await binary("kind");
  const workers = Array.from({ length: options.nodes }, () => ({ role: "worker" }));
  const config = {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: [{ role: "control-plane" }, ...workers],
  };
  const stop = async () => {
    await execute(kind, ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig]);
    await execute("docker", ["network", "rm", "--force", name]);
    removeStateDirectory(directory);
  };
  try {
    await execute(
      kind,
      ["create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--config", "-", "--wait", "120s"],
      { input: JSON.stringify(config) },
    );
    await execute("docker", ["network", "create", "--internal", name]);
    const nodes = (await execute(kind, ["get", "nodes", "--name", name]))
      .split("\n")
      .filter(Boolean)
      .toSorted();
    for (const node of nodes) await execute("docker", ["network", "connect", name, node]);
    const kubectl = new Kubectl(kubeconfig);
    const loadImage = async (wanted: ImageName) => {
      const { archive } = await image(wanted);
      await execute(kind, ["load", "image-archive", archive, "--name", name]);
    };
    for (const wanted of new Set<ImageName>(["busybox", ...options.images])) await loadImage(wanted);
    return {
      kubeconfig,
      nodes: await Promise.all(nodes.filter((node) => !node.includes("control-plane")).map(nodeOf)),
      kubectl: (...args) => kubectl.run(...args),
      kubectlWithInput: (input, ...args) => kubectl.runWithInput(input, ...args),
      loadImage,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop().catch(() => {}); // the first error says more
    throw error;
  }
}

/** A node of kind's is a container of the same name. */
async function nodeOf(name: string): Promise<OpenNode> {
  const exec = (...command: string[]) => execute("docker", ["exec", name, ...command]);
  const address = "{{.NetworkSettings.Networks.kind.IPAddress}}";
  return {
    name,
    address: (await execute("docker", ["inspect", "--format", address, name])).trim(),
    exec,
    readFile: (path) => exec("cat", path),
    listDirectory: async (path) => (await exec("ls", "-A1", path)).split("\n").filter(Boolean),
  };
}
