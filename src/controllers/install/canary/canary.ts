import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import { daemonSetView, type MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { shorten } from "../../../diagnosis/shorten.ts";
import { ApiError } from "../../../kube/errors.ts";
import { type ApiObject, PODS, refOf } from "../../../kube/resource.ts";
import { PROBED_REVISION, probePod, probePodName } from "../../../render/probe-pod.ts";
import { InvalidSpec } from "../errors.ts";
import type { RolloutPhase } from "../rollout/assess.ts";
import type { ReconcileScope } from "../scope.ts";
import { servedNodes } from "../startup-taint.ts";
import { type CanaryNode, nextCanaryStep } from "./next-step.ts";
import { isAttached, probeOutcome, sandboxFailure } from "./probe.ts";

/** On a DaemonSet while a canary holds it back; the value is the revision that is tried. */
export const CANARY = "multus-operator.dev/canary";
/** The DaemonSet controller counts templates up, and labels each pod with the count of its own. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";
/** A pod in trouble for less may still get over it; in seconds since its creation. */
const GRACE_SECONDS = 30;
/** As long as an image pull may take; in seconds. */
const MAX_START_SECONDS = 300;

/** status.rollout.message (docs/reference). */
const MAX_MESSAGE = 1024;

export type RolloutStatus = NonNullable<MultusInstallStatus["rollout"]>;

/** A changed Multus on its first nodes: the DaemonSets have the new template, and only the canary's pods are deleted. */
export class Canary {
  readonly #scope: ReconcileScope;
  readonly #install: MultusInstall;
  readonly #network: string;
  readonly #count: number;
  readonly #daemonSets: readonly KubeObject[];
  readonly #revision: string;
  readonly #known: RolloutStatus | undefined;

  constructor(
    scope: ReconcileScope,
    install: MultusInstall,
    network: string,
    count: number,
    daemonSets: readonly KubeObject[],
    revision: string,
    known: RolloutStatus | undefined,
  ) {
    this.#scope = scope;
    this.#install = install;
    this.#network = network;
    this.#count = count;
    this.#daemonSets = daemonSets;
    this.#revision = revision;
    this.#known = known;
  }

  /** The DaemonSet as the canary applies it: a pod gets the new template only when somebody deletes the old one. */
  held(daemonSet: KubeObject): KubeObject {
    const { metadata, spec } = daemonSet;
    const annotations = { ...metadata.annotations, [CANARY]: this.#revision };
    return {
      ...daemonSet,
      metadata: { ...metadata, annotations },
      spec: { ...(spec as object), updateStrategy: { type: "OnDelete" } },
    };
  }

  /** Does the next step, once the DaemonSets are applied, and says how far the canary is; undefined when it has passed. */
  async advance(): Promise<RolloutPhase | undefined> {
    const { generation = 0 } = this.#scope.live.metadata;
    const isChosen = this.#known?.generation === generation && this.#known.nodes !== undefined;
    const chosen = (isChosen && this.#known?.nodes) || (await this.#choose());
    const record = (state: RolloutStatus["state"], message: string, passed: readonly string[]) => {
      this.#scope.findings.rolloutRecord = {
        revision: this.#revision,
        generation,
        state,
        message: shorten(message, MAX_MESSAGE),
        ...(chosen.length > 0 ? { nodes: [...chosen] } : {}),
        ...(passed.length > 0 ? { passed: [...passed] } : {}),
      };
    };
    if (this.#known?.state === "Failed" && this.#known.generation === generation) {
      this.#scope.findings.rolloutRecord = this.#known;
      return { state: "RolloutFailed", message: this.#known.message };
    }
    if (!this.#daemonSets.every((daemonSet) => this.#isSeen(daemonSet)))
      return { state: "Progressing", message: "canary: the DaemonSet controller has not seen it yet" };
    if (!isChosen && chosen.length > 0) {
      // Written before the first pod is deleted: while a node has none, another would be chosen in its place.
      record("Canary", `chosen: ${chosen.join(", ")}`, []);
      return { state: "Progressing", message: `canary: chosen are ${chosen.join(", ")}` };
    }
    const nodes = await this.#nodes(chosen);
    const step = nextCanaryStep(nodes);
    const passed = nodes.filter(({ probe }) => probe === "Passed").map(({ node }) => node);
    for (const node of nodes) if (node.probe !== "Running") await this.#removeProbe(node.node);
    switch (step.kind) {
      case "Passed":
        record("Passed", `Multus and the probe run on ${passed.join(", ")}`, passed);
        return undefined;
      case "Failed": {
        const message = `${step.message}; the other nodes keep their Multus`;
        record("Failed", message, passed);
        return { state: "RolloutFailed", message };
      }
      case "Replace":
        record("Canary", `exchanging Multus on ${step.node}`, passed);
        await this.#replace(step.node);
        return { state: "Progressing", message: `canary: exchanging Multus on ${step.node}` };
      case "Probe":
        record("Canary", `probing ${step.node}`, passed);
        await this.#probe(step.node);
        return { state: "Progressing", message: `canary: probing ${step.node}` };
      case "Wait":
        record("Canary", step.message, passed);
        return { state: "Progressing", message: step.message };
    }
  }

  #isSeen(daemonSet: KubeObject): boolean {
    const live = this.#scope.deps.owned.get(refOf(daemonSet));
    return (
      live !== undefined &&
      this.#scope.deps.applier.hasSeenWrite(refOf(daemonSet), live) &&
      daemonSetView(live).current
    );
  }

  /** Nodes that are Ready and have a Multus pod: by name, those that have the new one first. */
  async #choose(): Promise<string[]> {
    const { deps } = this.#scope;
    const down = new Set((await deps.nodes()).filter((n) => n.notReady).map(({ name }) => name));
    const multus = await this.#multusPods();
    const names = [...new Set(multus.map(({ node }) => node))].filter((node) => !down.has(node));
    const updated = (node: string) => Number(multus.some((pod) => pod.node === node && this.#isNew(pod)));
    return names.toSorted((a, b) => updated(b) - updated(a) || (a < b ? -1 : 1)).slice(0, this.#count);
  }

  async #nodes(chosen: readonly string[]): Promise<CanaryNode[]> {
    const { deps } = this.#scope;
    const there = new Set((await deps.nodes()).map(({ name }) => name));
    const all = await deps.pods(this.#install.spec.namespace);
    const multus = await this.#multusPods();
    const found: CanaryNode[] = [];
    for (const node of chosen.filter((name) => there.has(name))) {
      const pods = multus.filter((pod) => pod.node === node);
      found.push({ node, pod: this.#podState(pods), probe: await this.#probeState(node, all) });
    }
    return found;
  }

  async #multusPods(): Promise<MultusPodView[]> {
    const names = new Set(this.#daemonSets.map(({ metadata }) => metadata.name));
    const pods = await this.#scope.deps.pods(this.#install.spec.namespace);
    return pods.filter(({ daemonSet, node }) => names.has(daemonSet) && node !== "");
  }

  #isNew(pod: MultusPodView): boolean {
    const daemonSet = this.#daemonSets.find(({ metadata }) => metadata.name === pod.daemonSet);
    const live = daemonSet && this.#scope.deps.owned.get(refOf(daemonSet));
    return pod.templateGeneration === live?.metadata.annotations?.[TEMPLATE_GENERATION];
  }

  #podState(pods: readonly MultusPodView[]): CanaryNode["pod"] {
    const now = this.#scope.deps.now();
    const pod = pods.find(({ terminating }) => !terminating);
    if (!pod) return "OnItsWay";
    if (!this.#isNew(pod)) return "Old";
    const age = (now.getTime() - Date.parse(pod.created)) / 1000;
    const [issue] = unhealthyNodes([pod], now);
    if (issue && age > GRACE_SECONDS) return { failed: issue.message };
    if (!issue && servedNodes([pod], now).served.has(pod.node)) return "Available";
    if (age > MAX_START_SECONDS)
      return { failed: `its Multus pod is not Ready after ${MAX_START_SECONDS / 60} minutes` };
    return "OnItsWay";
  }

  async #probeState(node: string, pods: readonly MultusPodView[]): Promise<CanaryNode["probe"]> {
    const { known, revision } = { known: this.#known, revision: this.#revision };
    if (known?.generation === this.#scope.live.metadata.generation && known?.passed?.includes(node))
      return "Passed";
    const pod = pods.find(({ name }) => name === probePodName(node));
    if (!pod || pod.terminating) return "None";
    if (pod.labels[PROBED_REVISION] !== revision) {
      await removePod(this.#scope, pod);
      return "Running";
    }
    const network = `${this.#install.spec.namespace}/${this.#network}`;
    const outcome = probeOutcome(pod, isAttached(pod, network), this.#scope.deps.now());
    if (outcome !== "NoSandbox") return outcome;
    return { failed: `the probe did not start: ${await sandboxFailure(this.#scope, pod)}` };
  }

  async #replace(node: string): Promise<void> {
    for (const pod of await this.#multusPods())
      if (pod.node === node && !pod.terminating) await removePod(this.#scope, pod);
  }

  async #removeProbe(node: string): Promise<void> {
    const pods = await this.#scope.deps.pods(this.#install.spec.namespace);
    const pod = pods.find(({ name }) => name === probePodName(node));
    if (pod && !pod.terminating) await removePod(this.#scope, pod);
  }

  async #probe(node: string): Promise<void> {
    const image = this.#scope.deps.image;
    if (!image) throw new InvalidSpec("spec.rollout.canary needs the operator's own image: run --node-image");
    const network = this.#network;
    const pod = probePod(this.#install, { node, network, revision: this.#revision, image });
    try {
      await this.#scope.deps.client.create(PODS, pod as ApiObject, { signal: this.#scope.context.signal });
    } catch (error) {
      // There is one already, which the watch has not told of yet.
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
    }
  }
}

/** Deletes the pod that was looked at, and no other of its name. */
export async function removePod(
  scope: ReconcileScope,
  { namespace, name, uid }: MultusPodView,
): Promise<void> {
  scope.context.log.info({ deleted: `Pod ${namespace}/${name}` }, "deleted");
  try {
    await scope.deps.client.delete({ type: PODS, namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error; // another of that name by now
  }
}
