import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binaries } from "./binaries.ts";
import { removeCgroup } from "./cgroups.ts";
import { type ControlPlane, firstAddress, startControlPlane } from "./control-plane.ts";
import { waitUntil } from "./daemon.ts";
import { tryLock } from "./file-lock.ts";
import { requireDebianPackages } from "./host-packages.ts";
import { type ImageName, image } from "./images.ts";
import {
  addClusterNetwork,
  type ClusterNetwork,
  clusterNetwork,
  nodeNetwork,
  removeClusterNetwork,
  removeNodeNetwork,
} from "./network.ts";
import { ClusterNode } from "./node.ts";
import { createStateDirectory, orphanedStateDirectories, removeStateDirectory } from "./state-directory.ts";

export interface ClusterOptions {
  nodes?: number;
  /** Loaded on every node beside pause and busybox. */
  images?: ImageName[];
}

const SERVICES = "10.96.0.0/16";
const SLOTS = 16;
/** The plugins that a distribution's containernetworking-plugins package puts on a node. */
const CNI_PLUGINS = [
  "bridge",
  "macvlan",
  "ptp",
  "host-device",
  "loopback",
  "host-local",
  "static",
  "portmap",
  "tuning",
  "ipvlan",
  "vlan",
];

/**
 * A real cluster on this machine: a control plane and nodes that run containerd and the kubelet, tied by a
 * bridge as their primary network, with a second network for macvlan. Needs root on Linux.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  await requireDebianPackages(["iproute2", "iptables", "runc"]);
  await binaries(["kube-apiserver", "etcd", "containerd", "bridge"]);
  await sweepDeadClusters();
  const cluster = new Cluster(options);
  try {
    await cluster.start();
  } catch (error) {
    const logs = cluster.nodes.map((node) => node.logTail()).join("\n");
    await cluster.stop();
    throw new Error(`the cluster did not start\n${logs}`, { cause: error });
  }
  return cluster;
}

export class Cluster implements AsyncDisposable {
  readonly directory = createStateDirectory("cluster");
  readonly network: ClusterNetwork;
  readonly #options: ClusterOptions;
  #controlPlane: ControlPlane | undefined;
  nodes: ClusterNode[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.network = clusterNetwork(takeSlot(this.directory));
  }

  get controlPlane(): ControlPlane {
    if (!this.#controlPlane) throw new Error("the cluster is not started");
    return this.#controlPlane;
  }

  get kubeconfig(): string {
    return this.controlPlane.kubeconfig;
  }

  async start(): Promise<void> {
    const count = this.#options.nodes ?? 2;
    await addClusterNetwork(this.network);
    this.#controlPlane = await startControlPlane({
      controllerManager: true,
      scheduler: true,
      address: this.network.address,
      serviceCidr: SERVICES,
    });
    const plane = this.#controlPlane;
    const service = { address: firstAddress(SERVICES), server: plane.server.replace("https://", "") };
    this.nodes = Array.from({ length: count }, (_, index) => {
      const name = `node-${index + 1}`;
      const network = nodeNetwork(this.network, index + 1, count, service);
      return new ClusterNode({
        name,
        id: network.namespace,
        directory: join(this.directory, name),
        network,
        server: plane.server,
        serviceAddress: service.address,
        caFile: plane.ca.certFile,
        certificate: plane.ca.issue(name, { name: `system:node:${name}`, groups: ["system:nodes"] }),
      });
    });
    const names: ImageName[] = ["pause", "busybox", ...(this.#options.images ?? [])];
    const images = await Promise.all(names.map((name) => image(name)));
    await Promise.all(
      this.nodes.map(async (node, index) => {
        await node.start();
        await installPrimaryNetwork(node, nodeNetwork(this.network, index + 1, count, service).podCidr);
        for (const loaded of images) await node.loadImage(loaded);
      }),
    );
    await this.waitForNodes();
  }

  /** Waits until every node is Ready and every namespace that pods need has its service account. */
  async waitForNodes(): Promise<void> {
    await this.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s");
    await waitUntil("the default service account", async () => {
      await this.kubectl("get", "serviceaccount", "default", "-n", "default");
      return true;
    });
  }

  async loadImage(name: ImageName): Promise<void> {
    const built = await image(name);
    await Promise.all(this.nodes.map((node) => node.loadImage(built)));
  }

  async kubectl(...args: string[]): Promise<string> {
    return await this.controlPlane.kubectl(...args);
  }

  async kubectlWithInput(input: string, ...args: string[]): Promise<string> {
    return await this.controlPlane.kubectlWithInput(input, ...args);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.powerOff()));
    this.nodes = [];
    await this.#controlPlane?.stop();
    this.#controlPlane = undefined;
    await removeClusterNetwork(this.network);
    removeStateDirectory(this.directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Removes what clusters whose process died without stopping them have left: links, namespaces, cgroups, files. */
export async function sweepDeadClusters(): Promise<void> {
  for (const directory of orphanedStateDirectories("cluster")) {
    const slotFile = join(directory, "slot");
    if (existsSync(slotFile)) {
      const network = clusterNetwork(Number(readFileSync(slotFile, "utf8")));
      for (let number = 1; number <= 9; number++) {
        const node = nodeNetwork(network, number, 0, { address: "", server: "" });
        await removeNodeNetwork(node);
        await removeCgroup(node.namespace);
      }
      await removeClusterNetwork(network);
    }
    removeStateDirectory(directory);
  }
}

/** A slot that no living cluster holds; the lock dies with this process. */
function takeSlot(directory: string): number {
  for (let slot = 0; slot < SLOTS; slot++) {
    if (existsSync(`/sys/class/net/${clusterNetwork(slot).bridge}`)) continue;
    if (!tryLock(join(directory, `../slot-${slot}.lock`))) continue;
    writeFileSync(join(directory, "slot"), String(slot));
    return slot;
  }
  throw new Error(`all ${SLOTS} clusters that this machine has addresses for are in use`);
}

/** What the distribution's CNI would have left on the node: plugins and a conflist with the node's part of the pods' network. */
async function installPrimaryNetwork(node: ClusterNode, podCidr: string): Promise<void> {
  for (const path of await binaries(CNI_PLUGINS)) await node.exec("cp", path, "/opt/cni/bin/");
  const conflist = {
    cniVersion: "1.0.0",
    name: "bridge-net",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        hairpinMode: true,
        ipam: { type: "host-local", ranges: [[{ subnet: podCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
  await node.exec(
    "sh",
    "-c",
    `cat > /etc/cni/net.d/10-bridge.conflist <<'END'\n${JSON.stringify(conflist, null, 2)}\nEND`,
  );
}
