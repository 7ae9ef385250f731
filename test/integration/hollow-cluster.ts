import { isDeepStrictEqual } from "node:util";
import { pino } from "pino";
import { NODE_TASK } from "../../src/controllers/nodes/task-pod.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, CORE_EVENTS, DAEMON_SETS, PODS } from "../../src/kube/resource.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { HollowNodes } from "../integration/hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "../integration/install-controller.ts";
import { type Fault, FaultProxy } from "../integration/kube/fault-proxy.ts";
import { type Condition, clusterState, type Found } from "./cluster-state.ts";
import { forbids, type ReadFault, ReadFaults } from "./read-faults.ts";

export const NODE_COUNT = 5;
const INSTALL = { type: MULTUS_INSTALL, name: "multus" };
export const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };
const IMAGE = { reference: "operator:test", pullPolicy: "IfNotPresent", pullSecrets: [] };
/** Nodes of a distribution whose directories are others than the standard ones, to be found out. */
const KUBELET = "v1.36.0+k3s1";

/** Five nodes that answer, on a real API server, and operators that reach it through a proxy. */
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

  static async start(): Promise<HollowCluster> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true });
    await applyInstallDefinition(new Kubectl(plane.kubeconfig));
    const cluster = new HollowCluster(plane, await FaultProxy.start(plane));
    for (let index = 1; index <= NODE_COUNT; index++) await cluster.nodes.add(`node-${index}`, {}, KUBELET);
    return cluster;
  }

  async stop(): Promise<void> {
    await this.nodes.stop();
    await this.#proxy[Symbol.asyncDispose]();
    await this.#plane.stop();
  }

  /** An operator that has just been started, and whose reads meet these faults. */
  async operator(faults?: { fault: Fault }): Promise<InstallOperator> {
    this.#proxy.fault = faults?.fault;
    return await startInstallController(this.#proxy.kubeconfig, { image: IMAGE });
  }

  /** From now on the server forbids to list and watch this resource, and ends the watches that are open. */
  forbid(resource: string): void {
    this.#proxy.fault = forbids(resource);
    this.#proxy.reset();
  }

  allow(): void {
    this.#proxy.fault = undefined;
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

  /** How often an operator has written the status. */
  get statusWrites(): number {
    return this.#proxy.requests.filter((request) =>
      /^PATCH .*\/multusinstalls\/multus\/status\?/.test(request),
    ).length;
  }

  /** Ends every connection of the operator. */
  reset(): void {
    this.#proxy.reset();
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

  /** Ready, and tidied up: what is not as expected after a while is for the caller to show. */
  async settled(expected: Record<string, unknown> | undefined): Promise<void> {
    await this.ready();
    const asExpected = async () => isDeepStrictEqual(await this.state(), expected);
    await waitUntil("what is left to be tidied up", asExpected, { timeoutMs: 20_000, everyMs: 100 }).catch(
      () => {},
    );
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

  async taskPods(): Promise<string[]> {
    const { items } = await this.client.list(PODS, { namespace: "kube-system", labelSelector: NODE_TASK });
    return items.map(({ metadata }) => metadata.name);
  }

  /** The distinct nodes on which a task of this kind ran. */
  nodesOf(kind: string): string[] {
    const nodes = this.nodes.tasks.filter((task) => task.kind === kind).map(({ node }) => node);
    return [...new Set(nodes)].toSorted();
  }

  /** Nothing disturbs this operator, and nothing is left of it afterwards. */
  async undisturbed(act: () => Promise<void>): Promise<void> {
    const operator = await this.operator();
    try {
      await act();
    } finally {
      await operator.stop();
    }
  }

  /** Nothing is installed, and nothing is recorded of what was. */
  async clear(): Promise<void> {
    if (await this.install())
      await this.undisturbed(async () => {
        await this.remove().catch(() => {});
        await this.gone();
      });
    this.forget();
  }

  forget(): void {
    this.nodes.tasks.length = 0;
    this.nodes.started.length = 0;
    this.nodes.ended.length = 0;
  }

  /** The messages of the events with this reason. */
  async events(reason: string): Promise<string[]> {
    const { items } = await this.client.list(CORE_EVENTS, { fieldSelector: `reason=${reason}` });
    return items.map(({ message }) => String(message));
  }

  /**
   * Starts an operator whose reads of a resource are disturbed, and returns what an observer saw of the status until
   * `done`.
   */
  async disturbed(resource: string, kind: ReadFault, done: () => Promise<void>): Promise<Observation> {
    const faults = new ReadFaults(resource, kind);
    const observer = new Observer(this, faults);
    const watching = observer.watch();
    const operator = await this.operator(faults);
    try {
      await done();
    } finally {
      observer.end();
      await operator.stop();
      await watching;
    }
    return {
      syncing: observer.syncing,
      tooEarly: observer.tooEarly,
      writesInTheDark: faults.writesInTheDark,
      names,
    };
  }
}

export interface Observation {
  /** The messages of the condition Reconciling under the reason Syncing. */
  syncing: Set<string>;
  /** What was not so when Ready=True was seen for the newest spec. */
  tooEarly: Set<string>;
  writesInTheDark: readonly string[];
  /** What a message is to begin with that names the resource. */
  names: (resource: string) => RegExp;
}

const names = (resource: string): RegExp =>
  resource === "owned objects" ? /^[A-Z]\w+ (kube-system\/)?[a-z]/m : new RegExp(`^${resource}[ :]`, "m");

/** Reads the status again and again, as a user would, and compares what it says with the cluster. */
class Observer {
  readonly syncing = new Set<string>();
  readonly tooEarly = new Set<string>();
  readonly #cluster: HollowCluster;
  readonly #faults: ReadFaults;
  #ended = false;

  constructor(cluster: HollowCluster, faults: ReadFaults) {
    this.#cluster = cluster;
    this.#faults = faults;
  }

  end(): void {
    this.#ended = true;
  }

  async watch(): Promise<void> {
    while (!this.#ended) {
      const install = await this.#cluster.install();
      const reconciling = conditionOf(install, "Reconciling");
      if (reconciling?.reason === "Syncing") this.syncing.add(reconciling.message);
      if (isReady(install)) for (const fault of await this.#untrue()) this.tooEarly.add(fault);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #untrue(): Promise<string[]> {
    const faults = this.#faults.isKnown ? [] : ["not everything was read"];
    const daemonSet = await this.#cluster.client.get<ApiObject>(DAEMON_SET);
    const { updatedNumberScheduled, numberAvailable } = (daemonSet?.status ?? {}) as Record<string, number>;
    if (updatedNumberScheduled !== NODE_COUNT) faults.push(`${updatedNumberScheduled} nodes are updated`);
    if (numberAvailable !== NODE_COUNT) faults.push(`${numberAvailable} nodes are available`);
    return faults;
  }
}

export function conditionOf(install: Found | undefined, type: string): Condition | undefined {
  return install?.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(install: Found | undefined): boolean {
  const ready = conditionOf(install, "Ready");
  return ready?.status === "True" && ready.observedGeneration === install?.metadata.generation;
}
