import type { Agent } from "node:https";
import { pino } from "pino";
import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
} from "../../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { type ApiObject, LEASES, NODES, type ObjectRef, PODS, refOf } from "../../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";
import { untilEstablished } from "../../cluster/established.ts";
import { Kubectl } from "../../cluster/kubectl.ts";
import { applyRights, CHART_IMAGE, OPERATOR } from "../../integration/chart.ts";
import { HollowNodes } from "../../integration/hollow-nodes.ts";
import type { State } from "../timeline.ts";
import { Observer } from "./observer.ts";
import { adminAgent, type Decide, type Exchange } from "./proxy.ts";
import { SPEED } from "./speed.ts";
import { Victim } from "./victim.ts";

export const NODE_NAMES = ["node-1", "node-2", "node-3"];
export const NAMESPACE = "multus-operator";
/** Nodes of a distribution whose directories are not the standard ones: the operator has to find that out. */
const KUBELET = "v1.36.0+k3s1";
const TASK_MS = 20;
const INSTALL: ObjectRef = { type: MULTUS_INSTALL, name: "multus" };
/** The operator's account to the API server, which is asked as an administrator. */
const IDENTITY = {
  "impersonate-user": OPERATOR,
  "impersonate-group": [
    "system:serviceaccounts",
    `system:serviceaccounts:${NAMESPACE}`,
    "system:authenticated",
  ],
};

/** The victim's program, see victim/bundle.ts: as it is, and giving up silent connections soon. */
export interface Bundles {
  usual: string;
  impatient: string;
}

/**
 * A control plane with hollow nodes, an observer and the operators of one plan at a time. Nothing of it is a stand-in but
 * the kubelets.
 */
export class Stage {
  readonly plane: ControlPlane;
  readonly client: KubeClient;
  readonly nodes: HollowNodes;
  readonly observer: Observer;
  readonly #agent: Agent;
  readonly #bundles: Bundles;
  /** Those of the plan, in order; killed ones too. */
  victims: Victim[] = [];
  /** The requests of the plan's victims, in order of arrival. */
  exchanges: Exchange[] = [];
  #counts = new Map<string, number>();
  /** A program with a bug, of which the plan's victims are; undefined: the operator as it is. */
  mutant: Bundles | undefined;
  /** What happens to the plan's requests. */
  decide: Decide = () => undefined;

  private constructor(
    plane: ControlPlane,
    client: KubeClient,
    nodes: HollowNodes,
    observer: Observer,
    bundles: Bundles,
  ) {
    this.plane = plane;
    this.client = client;
    this.nodes = nodes;
    this.observer = observer;
    this.#agent = adminAgent(plane);
    this.#bundles = bundles;
  }

  static async start(bundles: Bundles): Promise<Stage> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true });
    try {
      const kubectl = new Kubectl(plane.kubeconfig);
      await kubectl.run("apply", "--server-side", "-f", "manifests/crds");
      for (const crd of ["multusinstalls", "networkattachmentreports"])
        await untilEstablished(kubectl, `${crd}.multus-operator.dev`);
      await kubectl.run("create", "namespace", NAMESPACE);
      await applyRights(kubectl);
      return await Stage.on(plane, bundles);
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** On a control plane that has the kinds and the rights. */
  static async on(plane: ControlPlane, bundles: Bundles): Promise<Stage> {
    const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
    const nodes = new HollowNodes(client, pino({ level: "silent" }));
    nodes.taskMs = TASK_MS;
    for (const name of NODE_NAMES) await nodes.add(name, {}, KUBELET);
    return new Stage(plane, client, nodes, await Observer.start(client), bundles);
  }

  async stop(): Promise<void> {
    await this.endVictims();
    await this.observer.stop();
    await this.nodes.stop();
    this.#agent.destroy();
    await this.plane.stop();
  }

  /** From here on a new plan runs. */
  begin(): void {
    this.decide = () => undefined;
    this.victims = [];
    this.exchanges = [];
    this.#counts = new Map();
    this.observer.forget();
    this.nodes.tasks.length = 0;
    this.nodes.answers.length = 0;
    this.nodes.started.length = 0;
    this.nodes.ended.length = 0;
  }

  /** An operator that has just been started. */
  async startVictim({ isReplica = false, isImpatient = false } = {}): Promise<Victim> {
    const options = {
      plane: this.plane,
      agent: this.#agent,
      victim: this.victims.length,
      identity: IDENTITY,
      count: (place: string) => {
        const count = (this.#counts.get(place) ?? 0) + 1;
        this.#counts.set(place, count);
        return count;
      },
      log: this.exchanges,
      decide: (exchange: Exchange) => this.decide(exchange),
    };
    const { usual, impatient } = this.mutant ?? this.#bundles;
    const victim = await Victim.start(isImpatient ? impatient : usual, options, {
      speed: SPEED,
      image: CHART_IMAGE,
      ...(isReplica ? { lease: NAMESPACE } : {}),
      logLevel: process.env.TEST_LOG ?? "fatal",
    });
    this.victims.push(victim);
    return victim;
  }

  /** All of them end at once, as the pods of a Deployment that is deleted. */
  async endVictims(): Promise<void> {
    await Promise.all(this.victims.filter(({ isAlive }) => isAlive).map((victim) => victim.kill()));
  }

  /** Once the observer has seen it. */
  async put(spec: object): Promise<void> {
    const object = {
      apiVersion: MULTUS_INSTALL_API_VERSION,
      kind: MULTUS_INSTALL.kind,
      metadata: { name: INSTALL.name },
      spec,
    };
    await this.#seen(
      await this.client.apply<ApiObject>(INSTALL, object, { fieldManager: "user", force: true }),
    );
  }

  async remove(): Promise<void> {
    await this.client.delete(INSTALL);
    await this.observer.until((state) => {
      const install = state.get("MultusInstall multus");
      return install?.metadata.deletionTimestamp !== undefined || install === undefined;
    }, 10_000);
  }

  async #seen({ metadata: { resourceVersion } }: ApiObject): Promise<void> {
    const isSeen = (state: State) =>
      Number(state.get("MultusInstall multus")?.metadata.resourceVersion ?? 0) >= Number(resourceVersion);
    await this.observer.until(isSeen, 10_000);
  }

  /** A change of the MultusInstall that is not the operator's concern: it has to check, and to find nothing to do. */
  async nudge(): Promise<void> {
    const install = await this.client.get<ApiObject>(INSTALL);
    if (!install) return;
    const { nudged = "0" } = install.metadata.annotations ?? {};
    const annotations = { nudged: String(Number(nudged) + 1) };
    await this.#seen(await this.client.patch<ApiObject>(INSTALL, { metadata: { annotations } }));
  }

  /** Takes away all that is there of Multus, without any operator. */
  async clear(): Promise<void> {
    await this.client.delete({ type: LEASES, namespace: NAMESPACE, name: "multus-operator" });
    const isEmpty = (state: State) => [...state.values()].every(({ kind }) => kind === "Node");
    // Controllers make objects meanwhile, and an API server that has just started refuses some requests.
    for (let attempt = 0; attempt < 10; attempt++) {
      const left = [...this.observer.state.values()].filter(({ kind }) => kind !== "Node");
      await Promise.all(left.map((object) => this.#erase(object)));
      if (await this.observer.until(isEmpty, 3000)) return;
    }
    throw new Error(`the stage was not cleared: ${[...this.observer.state.keys()].join(", ")}`);
  }

  async #erase(object: ApiObject): Promise<void> {
    const ref = object.kind === "MultusInstall" ? INSTALL : refOf(object);
    try {
      if (object.metadata.finalizers?.length)
        await this.client.patch(ref, { metadata: { finalizers: null } });
      await this.client.delete(ref, {
        ...(ref.type === PODS ? { gracePeriodSeconds: 0 } : {}),
        propagationPolicy: "Background",
      });
    } catch {
      // Gone by now, or in use: the caller checks again.
    }
  }

  /** Nodes as they were in the beginning. */
  async restoreNodes(): Promise<void> {
    this.nodes.behave = () => "answers";
    for (const name of NODE_NAMES) {
      const node = this.observer.state.get(`Node ${name}`);
      const { taints, unschedulable } = (node?.spec ?? {}) as { taints?: unknown[]; unschedulable?: boolean };
      if (taints || unschedulable)
        await this.client.patch({ type: NODES, name }, { spec: { taints: null, unschedulable: null } });
    }
  }
}
