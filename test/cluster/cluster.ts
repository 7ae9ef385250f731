import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ApiObject, NODES, SERVICE_ACCOUNTS } from "../../src/kube/resource.ts";
import { installCalico, prepareCalico } from "./calico.ts";
import { nodeCgroup } from "./cgroups.ts";
import { oneLine } from "./command.ts";
import { CONTROL_PLANE_NEEDS, type ControlPlane, startControlPlane } from "./control-plane.ts";
import { waitUntil } from "./daemon.ts";
import { DEFAULT_KUBERNETES } from "./families.ts";
import { imageStore } from "./image-store.ts";
import { type ImageName, image, imageNeeds } from "./images.ts";
import { raiseInotifyLimit } from "./inotify.ts";
import { ADDRESSING, firstAddress, type IpFamily } from "./ip-families.ts";
import { Kubectl } from "./kubectl.ts";
import { requestedKubernetes } from "./kubernetes-release.ts";
import { type Needs, provide, together } from "./needs.ts";
import {
  addClusterNetwork,
  type ClusterNetwork,
  clusterNetwork,
  MAX_NODES,
  nodeNetwork,
  nodeNumbers,
  removeClusterNetwork,
} from "./network.ts";
import { ClusterNode } from "./node.ts";
import { installPrimaryNetwork } from "./primary-network.ts";
import { releaseSlot, sweepDeadClusters, takeSlot } from "./slots.ts";
import { createStateDirectory, removeStateDirectory, STATE_ROOT } from "./state-directory.ts";

export { sweepDeadClusters };

export interface ClusterOptions {
  /** 2 if not said, at most 9. */
  nodes?: number;
  /** Loaded on every node beside pause and busybox. */
  images?: ImageName[];
  /** kube-proxy on every node, for Services of pods: 60 MB a node. The API server's own is always there. */
  services?: boolean;
  /** What gives pods their first interface: a bridge, where not said, or real Calico. */
  primaryNetwork?: "bridge" | "calico";
  /** Of nodes, pods and Services, the primary family first; IPv4 if not given. Calico is set up for IPv4 only. */
  ipFamilies?: readonly IpFamily[];
}

/** Half of Kubernetes' default, as are the heartbeats' intervals (see the kubelet's configuration): the same number may be missed. */
const NODE_GRACE_SECONDS = 25;

const NODE_NEEDS: Needs = {
  packages: ["iproute2", "iptables", "procps", "runc"],
  programs: ["containerd", "bridge"],
};

/** Every node has these two. */
const NODE_IMAGES: readonly ImageName[] = ["pause", "busybox"];

/** What `startCluster` installs and builds first. */
export function clusterNeeds(options: ClusterOptions): Needs {
  return together(
    CONTROL_PLANE_NEEDS,
    NODE_NEEDS,
    ...[...NODE_IMAGES, ...(options.images ?? [])].map(imageNeeds),
    { packages: [], programs: options.primaryNetwork === "calico" ? ["calico"] : [] },
  );
}

/**
 * A real cluster on this machine: a control plane and nodes that run containerd and the kubelet, tied by a
 * bridge as their primary network, with a second network for macvlan. Needs root on Linux.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  if (requestedKubernetes() !== DEFAULT_KUBERNETES)
    throw new Error(
      `KUBERNETES_VERSION is for tests without nodes: the kubelet is of ${DEFAULT_KUBERNETES}, and must not be newer than the API server`,
    );
  await provide(clusterNeeds(options));
  await sweepDeadClusters();
  raiseInotifyLimit();
  const cluster = new Cluster(options);
  try {
    await cluster.start();
  } catch (error) {
    const logs = (lines: number) => cluster.nodes.map((node) => node.logTail(lines)).join("\n");
    const log = join(STATE_ROOT, "failed", `${basename(cluster.directory)}.log`);
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, `${oneLine(error)}\n${logs(200)}\n`);
    const shown = logs(15);
    const left = await cluster.stop().catch(oneLine);
    const cause = [oneLine(error), left].filter(Boolean).join("; ");
    const where = cause.includes("(log: ") ? "" : ` (log: ${log})`;
    throw new Error(`the cluster did not start: ${cause}${where}\n${shown}`);
  }
  return cluster;
}

interface RegisteredNode extends ApiObject {
  status?: { conditions?: { type: string; status: string }[] };
}

export class Cluster implements AsyncDisposable {
  readonly directory = createStateDirectory("cluster");
  readonly network: ClusterNetwork;
  readonly #count: number;
  readonly #serviceCidr: string;
  readonly #services: boolean;
  readonly #images: Set<ImageName>;
  readonly #primaryNetwork: "bridge" | "calico";
  #controlPlane: ControlPlane | undefined;
  nodes: ClusterNode[] = [];

  constructor(options: ClusterOptions) {
    this.#count = options.nodes ?? 2;
    this.#services = options.services ?? false;
    this.#primaryNetwork = options.primaryNetwork ?? "bridge";
    this.#images = new Set([...NODE_IMAGES, ...(options.images ?? [])]);
    this.#serviceCidr = (options.ipFamilies ?? ["IPv4"]).map((family) => ADDRESSING[family].services).join();
    this.network = clusterNetwork(takeSlot(this.directory), options.ipFamilies);
  }

  get controlPlane(): ControlPlane {
    if (!this.#controlPlane) throw new Error("the cluster is not started");
    return this.#controlPlane;
  }

  get kubeconfig(): string {
    return this.controlPlane.kubeconfig;
  }

  async start(): Promise<void> {
    await addClusterNetwork(this.network);
    this.#controlPlane = await startControlPlane({
      controllerManager: true,
      scheduler: true,
      address: this.network.address,
      serviceCidr: this.#serviceCidr,
      nodeGraceSeconds: NODE_GRACE_SECONDS,
    });
    if (this.#primaryNetwork === "calico") await this.#prepareCalico(this.#controlPlane);
    this.nodes = Array.from({ length: this.#count }, (_, index) => this.#newNode(index + 1));
    // All of them end before the first error is thrown: a node that still boots could not be removed.
    const booted = await Promise.allSettled(this.nodes.map((node, index) => this.#boot(node, index + 1)));
    for (const result of booted) if (result.status === "rejected") throw result.reason;
    await this.waitForNodes();
  }

  /** Waits until every node is Ready and the default namespace has the service account that pods need. */
  async waitForNodes(): Promise<void> {
    const { client } = new Kubectl(this.kubeconfig);
    for (const { name } of this.nodes) {
      let last: unknown = "not registered";
      await waitUntil(`${name} to be Ready`, async () => {
        const node = await client.get<RegisteredNode>({ type: NODES, name });
        const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
        last = ready ?? last;
        return ready?.status === "True";
      }).catch((error: unknown) => {
        throw new Error(`${oneLine(error)}: ${JSON.stringify(last)}`, { cause: error });
      });
    }
    const account = { type: SERVICE_ACCOUNTS, namespace: "default", name: "default" };
    await waitUntil("the default service account", async () => (await client.get(account)) !== undefined);
  }

  /**
   * A further node, with the same images and the primary network. Returns when it is Ready.
   * @param taints that it registers with: key=value:effect, with commas in between
   */
  async addNode(taints?: string): Promise<ClusterNode> {
    const number = this.nodes.length + 1;
    const node = this.#newNode(number, taints);
    this.nodes.push(node);
    await this.#boot(node, number);
    await this.waitForNodes();
    return node;
  }

  /** The node loses power: its processes end at once, its files stay, its Node object turns NotReady in time. */
  async stopNode(name: string): Promise<void> {
    await this.#node(name).powerOff();
  }

  /** Power is back: the kubelet starts the pods again. Returns once the runtime and the kubelet run. */
  async startNode(name: string): Promise<void> {
    await this.#node(name).start();
  }

  /** Loads an image on every node, those that join later included. */
  async loadImage(name: ImageName): Promise<void> {
    this.#images.add(name);
    const built = await image(name);
    await Promise.all(this.nodes.map((node) => node.loadImage(built)));
  }

  async kubectl(...args: string[]): Promise<string> {
    return await this.controlPlane.kubectl(...args);
  }

  async kubectlWithInput(input: string, ...args: string[]): Promise<string> {
    return await this.controlPlane.kubectlWithInput(input, ...args);
  }

  /** Removes all of it. Every part is tried, whatever fails before it; then throws what failed. */
  async stop(): Promise<void> {
    const nodes = await Promise.allSettled(this.nodes.map((node) => node.powerOff()));
    this.nodes = [];
    const rest = await Promise.allSettled([this.#controlPlane?.stop(), removeClusterNetwork(this.network)]);
    this.#controlPlane = undefined;
    const failures = [...nodes, ...rest].filter((result) => result.status === "rejected");
    if (failures.length > 0)
      throw new AggregateError(
        failures.map(({ reason }) => reason as unknown),
        `the cluster in ${this.directory} was not removed whole`,
      );
    removeStateDirectory(this.directory);
    releaseSlot(this.network.slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #node(name: string): ClusterNode {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`no node ${name} (there are: ${this.nodes.map((n) => n.name).join(", ")})`);
    return found;
  }

  #newNode(number: number, taints?: string): ClusterNode {
    if (number > MAX_NODES) throw new Error(`a cluster has at most ${MAX_NODES} nodes`);
    const plane = this.controlPlane;
    const name = `node-${number}`;
    return new ClusterNode({
      name,
      directory: join(this.directory, name),
      network: nodeNetwork(this.network, number),
      cgroup: nodeCgroup(this.directory, number),
      server: plane.server,
      service: { address: firstAddress(this.#serviceCidr), server: new URL(plane.server).host },
      caFile: plane.ca.certFile,
      ...(taints === undefined ? {} : { taints }),
      ...(this.#services
        ? { proxyKubeconfig: plane.kubeconfigFor("kube-proxy", { name: "system:kube-proxy" }) }
        : {}),
      certificate: plane.ca.issue(name, { name: `system:node:${name}`, groups: ["system:nodes"] }),
    });
  }

  async #prepareCalico(plane: ControlPlane): Promise<void> {
    const pools = nodeNumbers().map((number) => ({
      node: `node-${number}`,
      cidr: nodeNetwork(this.network, number).podCidrs[0] ?? "",
    }));
    await prepareCalico(plane, pools);
  }

  async #boot(node: ClusterNode, number: number): Promise<void> {
    await node.takeImages(await imageStore([...this.#images]));
    await node.start();
    if (this.#primaryNetwork === "calico") await installCalico(node, this.controlPlane);
    else await installPrimaryNetwork(node, nodeNetwork(this.network, number).podCidrs);
  }
}
