import { type Cluster, startCluster } from "../cluster/cluster.ts";
import type { ImageName } from "../cluster/images.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { snapshots } from "./node-snapshot.ts";

/** Nodes with the operator, and how they were before. */
export class UninstallCluster<Nodes extends OpenCluster = Cluster> {
  readonly cluster: Nodes;
  readonly kubectl: Kubectl;
  readonly multus: TestInstall;
  /** Each node's files before the operator was installed. */
  readonly before: string[];

  private constructor(cluster: Nodes, kubectl: Kubectl, before: string[]) {
    this.cluster = cluster;
    this.kubectl = kubectl;
    this.multus = new TestInstall(kubectl);
    this.before = before;
  }

  static async start(...images: ImageName[]): Promise<UninstallCluster> {
    return await UninstallCluster.on(await startCluster({ nodes: 2, images: [...images, "operator"] }));
  }

  /** Installs the operator on a cluster that has its image. */
  static async on<Nodes extends OpenCluster>(cluster: Nodes): Promise<UninstallCluster<Nodes>> {
    const kubectl = new Kubectl(cluster.kubeconfig);
    for (const node of cluster.nodes) {
      await node.exec("sh", "-c", "umask 077; echo kept > /etc/cni/net.d/10-bridge.conflist.bak");
      await node.exec("ln", "-s", "bridge", "/opt/cni/bin/linked");
    }
    const before = await snapshots(cluster.nodes);
    await installOperator(kubectl);
    return new UninstallCluster(cluster, kubectl, before);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }

  /** What CNI's directories hold now, of each node. */
  async snapshots(): Promise<string[]> {
    return await snapshots(this.cluster.nodes);
  }

  /** Installs v4.3.0, if the spec names no other version, and waits until it is Ready. */
  async install(spec: { version?: string; [field: string]: unknown }): Promise<void> {
    await this.multus.apply({ version: "v4.3.0", ...spec });
    await this.multus.ready();
  }

  /** A pod on each node, which requests a second network if Multus is there. */
  async startPods(name: string, annotations: Record<string, string>): Promise<void> {
    const { nodes } = this.cluster;
    const pods = nodes.map((node) => pod(`${name}-${node.name}`, { node: node.name, annotations }));
    await this.kubectl.runWithInput(list(...pods), "apply", "-f", "-");
    await this.kubectl.run("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s");
  }

  async deletePods(): Promise<void> {
    await this.kubectl.run("delete", "pod", "--all", "--force", "--grace-period=0");
  }

  async operatorLog(): Promise<string> {
    const pods = ["-n", "multus-operator", "-l", "app.kubernetes.io/name=multus-operator"];
    return await this.kubectl.run("logs", ...pods, "--tail=-1");
  }
}
