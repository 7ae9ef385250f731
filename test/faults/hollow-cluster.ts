import { pino } from "pino";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import type { ApiObject } from "../../src/kube/resource.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "../integration/hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "../integration/install-controller.ts";
import { FaultProxy } from "../integration/kube/fault-proxy.ts";
import { type Condition, clusterState, type Found } from "./cluster-state.ts";

const NODE_COUNT = 5;
const INSTALL = { type: MULTUS_INSTALL, name: "multus" };
const IMAGE = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
/** Nodes of a distribution whose directories are others than the standard ones, to be found out. */
const KUBELET = "v1.36.0+k3s1";

/** Nodes that answer, on a real API server, and operators that reach it through a proxy. */
export class HollowCluster {
  readonly client: KubeClient;
  readonly nodes: HollowNodes;
  readonly #plane: ControlPlane;
  readonly #proxy: FaultProxy;

  private constructor(plane: ControlPlane, proxy: FaultProxy) {
    this.#plane = plane;
    this.#proxy = proxy;
    this.client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
    this.nodes = new HollowNodes(this.client, pino({ level: "silent" }));
  }

  static async start(count = NODE_COUNT): Promise<HollowCluster> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true });
    await applyInstallDefinition(new Kubectl(plane.kubeconfig));
    const cluster = new HollowCluster(plane, await FaultProxy.start(plane));
    for (let index = 1; index <= count; index++) await cluster.nodes.add(`node-${index}`, {}, KUBELET);
    return cluster;
  }

  async stop(): Promise<void> {
    await this.nodes.stop();
    await this.#proxy[Symbol.asyncDispose]();
    await this.#plane.stop();
  }

  /** An operator that has just been started. */
  async operator(): Promise<InstallOperator> {
    return await startInstallController(this.#proxy.kubeconfig, { image: IMAGE });
  }

  /** "PATCH /api/v1/nodes/a" of each write of an operator, in order; dry runs and those of status and events left out. */
  get writes(): string[] {
    return this.#proxy.requests.flatMap((request) => {
      const [method = "", url = ""] = request.split(" ");
      const { pathname, searchParams } = new URL(url, "http://proxy");
      const isWrite = method !== "GET" && !searchParams.has("dryRun") && !/\/(events|status)$/.test(pathname);
      return isWrite ? [`${method} ${pathname}`] : [];
    });
  }

  async put(spec: object): Promise<void> {
    const { apiVersion, kind } = { apiVersion: MULTUS_INSTALL_API_VERSION, kind: MULTUS_INSTALL.kind };
    const object = { apiVersion, kind, metadata: { name: INSTALL.name }, spec };
    await this.client.apply(INSTALL, object, { fieldManager: "user", force: true });
  }

  async remove(): Promise<void> {
    await this.client.delete(INSTALL);
  }

  async install(): Promise<Found | undefined> {
    return (await this.client.get<ApiObject>(INSTALL)) as Found | undefined;
  }

  async ready(): Promise<void> {
    let last: Found | undefined;
    await waitUntil(
      "the install to be Ready",
      async () => {
        last = await this.install();
        return isReady(last);
      },
      { everyMs: 100 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; its conditions: ${JSON.stringify(last?.status?.conditions)}`, {
        cause: error,
      });
    });
  }

  /** The state to compare with, once it is reached and the guard of the rollout is gone. */
  async reference(): Promise<Record<string, unknown>> {
    await this.ready();
    await waitUntil("the guard to be gone", async () => {
      const { status } = (await this.install()) ?? {};
      return !JSON.stringify(status?.inventory ?? []).includes(GUARD);
    });
    return await this.state();
  }

  async gone(): Promise<void> {
    await waitUntil("the install to be gone", async () => (await this.install()) === undefined, {
      everyMs: 100,
    });
  }

  /** Without what each run, or each rollout, has of its own. */
  async state(): Promise<Record<string, unknown>> {
    const found = structuredClone(await clusterState(this.client));
    for (const object of Object.values(found) as Found[]) {
      delete object.metadata.generation;
      delete (object.metadata.annotations as Record<string, string> | undefined)?.[
        "deprecated.daemonset.template.generation"
      ];
    }
    return found;
  }

  forget(): void {
    this.nodes.tasks.length = 0;
    this.nodes.started.length = 0;
    this.nodes.ended.length = 0;
  }
}

export function conditionOf(install: Found | undefined, type: string): Condition | undefined {
  return install?.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(install: Found | undefined): boolean {
  const ready = conditionOf(install, "Ready");
  return ready?.status === "True" && ready.observedGeneration === install?.metadata.generation;
}
