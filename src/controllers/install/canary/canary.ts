import { compareTexts } from "../../../crds/compare-texts.ts";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { shorten } from "../../../diagnosis/shorten.ts";
import { refOf } from "../../../kube/resource.ts";
import type { OperatorImage } from "../../../render/operator-image.ts";
import { PROBED_REVISION, probePod, probePodName } from "../../../render/probe-pod.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import { InvalidSpec } from "../errors.ts";
import type { RolloutPhase } from "../rollout/assess.ts";
import { templateGenerationOf } from "../rollout/pod-revisions.ts";
import type { RolloutRecord } from "../rollout/rollout-record.ts";
import { servedNodes } from "../rollout/served-nodes.ts";
import { type CanaryNode, nextCanaryStep } from "./canary-step.ts";
import type { Trial } from "./gate.ts";
import { isAttached, probeOutcome } from "./probe.ts";

/** A pod with an issue for less may still recover; in seconds since it exists. */
const GRACE_SECONDS = 30;
/** As long as an image pull may take; in seconds. */
const MAX_START_SECONDS = 300;
/** status.rollout.message (docs/reference). */
const MAX_MESSAGE = 1024;

/** What a canary knows of the cluster. */
export interface CanaryView {
  install: MultusInstall;
  generation: number;
  daemonSets: readonly KubeObject[];
  live: LiveObjects;
  /** The DaemonSet controller has seen the DaemonSets as they were written last. */
  isSeen: boolean;
  pods: readonly MultusPodHealth[];
  nodes: readonly NodeView[];
  /** Pod's uid → why its sandbox was not created. */
  sandboxFailures: ReadonlyMap<string, string>;
  /** The operator's own image. */
  image: OperatorImage | undefined;
  ages: PodAges;
}

/** What a canary does next. Without `phase` it has passed; without `record` the status keeps the one that it has. */
export interface CanaryProgress {
  phase?: RolloutPhase;
  record?: RolloutRecord;
  actions: readonly Action[];
}

/** The next step of a changed Multus on its first nodes, once the DaemonSets have the new template. */
export function canaryProgress(trial: Trial, view: CanaryView): CanaryProgress {
  const { revision, record } = trial;
  const { generation } = view;
  if (record?.state === "Failed" && record.generation === generation)
    return { record, phase: { state: "RolloutFailed", message: record.message }, actions: [] };
  if (!view.isSeen) return progressing("canary: the DaemonSet controller has not seen the newest spec yet");
  const recordedNodes = record?.generation === generation ? (record.nodes ?? []) : [];
  const present = recordedNodes.filter((name) => view.nodes.some((node) => node.name === name));
  // If all of them have left the cluster, the canary begins again on others.
  const isChosen = present.length > 0;
  const chosen = isChosen ? present : chosenNodes(trial, view);
  const recorded = (state: RolloutRecord["state"], message: string, passed: readonly string[] = []) => ({
    revision,
    generation,
    state,
    message: shorten(message, MAX_MESSAGE),
    ...(chosen.length > 0 ? { nodes: [...chosen] } : {}),
    ...(passed.length > 0 ? { passed: [...passed] } : {}),
  });
  if (!isChosen && chosen.length > 0) {
    const names = chosen.join(", ");
    // Written before the first pod is deleted: while a node has none, another would be chosen in its place.
    return {
      ...progressing(`canary: starting on ${names}`),
      record: recorded("Canary", `starting on ${names}`),
    };
  }
  const actions: Action[] = [];
  const nodes: CanaryNode[] = [];
  for (const node of chosen) {
    const probe = probeState(node, trial, view);
    actions.push(...probe.actions);
    nodes.push({ node, pod: podState(node, view), probe: probe.state });
  }
  const step = nextCanaryStep(nodes);
  const passed = nodes.filter(({ probe }) => probe === "Passed").map(({ node }) => node);
  for (const { node, probe } of nodes) if (probe !== "Running") actions.push(...probeRemoval(node, view));
  switch (step.kind) {
    case "Passed":
      return {
        record: recorded("Passed", `Multus and the probe run on ${passed.join(", ")}`, passed),
        actions,
      };
    case "Failed": {
      const message = `${step.message}; the other nodes keep their Multus`;
      return {
        record: recorded("Failed", message, passed),
        phase: { state: "RolloutFailed", message },
        actions,
      };
    }
    case "Replace":
      return {
        ...progressing(`canary: replacing Multus on ${step.node}`),
        record: recorded("Canary", `replacing Multus on ${step.node}`, passed),
        actions: [
          ...actions,
          ...multusPods(view)
            .filter(({ node, terminating }) => node === step.node && !terminating)
            .map((pod): Action => ({ kind: "DeletePod", pod })),
        ],
      };
    case "Probe":
      return {
        ...progressing(`canary: probing ${step.node}`),
        record: recorded("Canary", `probing ${step.node}`, passed),
        actions: [...actions, probeOn(step.node, trial, view)],
      };
    case "Wait":
      return { ...progressing(step.message), record: recorded("Canary", step.message, passed), actions };
  }
}

/** Probes of which only the kubelet's events can show why they do not start. */
export function probesWithoutSandbox(
  trial: Trial,
  view: Omit<CanaryView, "sandboxFailures">,
): MultusPodHealth[] {
  return view.nodes.flatMap(({ name }) => {
    const pod = probeOf(name, view);
    if (!pod || pod.terminating || pod.labels[PROBED_REVISION] !== trial.revision) return [];
    return probeOutcome(pod, isAttached(pod, networkOf(trial, view)), view.ages) === "NoSandbox" ? [pod] : [];
  });
}

function progressing(message: string): { phase: RolloutPhase; actions: Action[] } {
  return { phase: { state: "Progressing", message }, actions: [] };
}

/** Nodes that are Ready and have a Multus pod: by name, those that have the new one first. */
function chosenNodes({ count }: Trial, view: CanaryView): string[] {
  const down = new Set(view.nodes.filter((node) => node.notReady).map(({ name }) => name));
  const multus = multusPods(view);
  const names = [...new Set(multus.map(({ node }) => node))].filter((node) => !down.has(node));
  const updated = (node: string) => Number(multus.some((pod) => pod.node === node && isNew(pod, view)));
  return names.toSorted((a, b) => updated(b) - updated(a) || compareTexts(a, b)).slice(0, count);
}

function multusPods({ daemonSets, pods }: CanaryView): MultusPodHealth[] {
  const names = new Set(daemonSets.map(({ metadata }) => metadata.name));
  return pods.filter(({ daemonSet, node }) => names.has(daemonSet) && node !== "");
}

function isNew(pod: MultusPodHealth, { daemonSets, live }: CanaryView): boolean {
  const daemonSet = daemonSets.find(({ metadata }) => metadata.name === pod.daemonSet);
  const found = daemonSet && live.get(refOf(daemonSet));
  return pod.templateGeneration === (found && templateGenerationOf(found));
}

function podState(node: string, view: CanaryView): CanaryNode["pod"] {
  const { ages } = view;
  const pod = multusPods(view).find((each) => each.node === node && !each.terminating);
  if (!pod) return "OnItsWay";
  if (!isNew(pod, view)) return "Old";
  const age = ages.existing(pod);
  const [issue] = unhealthyNodes([pod], ages);
  if (issue && age > GRACE_SECONDS) return { failed: issue.message };
  if (!issue && servedNodes([pod], ages).served.has(pod.node)) return "Available";
  if (age > MAX_START_SECONDS)
    return { failed: `its Multus pod is not Ready after ${MAX_START_SECONDS / 60} minutes` };
  return "OnItsWay";
}

function probeState(
  node: string,
  trial: Trial,
  view: CanaryView,
): { state: CanaryNode["probe"]; actions: Action[] } {
  const { record, revision } = trial;
  if (record?.generation === view.generation && record?.passed?.includes(node))
    return { state: "Passed", actions: [] };
  const pod = probeOf(node, view);
  if (!pod || pod.terminating) return { state: "None", actions: [] };
  // Of another rollout.
  if (pod.labels[PROBED_REVISION] !== revision)
    return { state: "Running", actions: [{ kind: "DeletePod", pod }] };
  const outcome = probeOutcome(pod, isAttached(pod, networkOf(trial, view)), view.ages);
  if (outcome !== "NoSandbox") return { state: outcome, actions: [] };
  const failure = view.sandboxFailures.get(pod.uid) ?? "no event of the kubelet shows why";
  return { state: { failed: `the probe did not start: ${failure}` }, actions: [] };
}

function probeRemoval(node: string, view: CanaryView): Action[] {
  const pod = probeOf(node, view);
  return pod && !pod.terminating ? [{ kind: "DeletePod", pod }] : [];
}

function probeOn(node: string, { network, revision }: Trial, { install, image }: CanaryView): Action {
  if (!image)
    return {
      kind: "Reject",
      error: new InvalidSpec(
        "spec.rollout.canary needs the operator's own image; start the operator with --node-image",
      ),
    };
  return { kind: "CreateProbe", pod: probePod(install, { node, network, revision, image }) };
}

function probeOf(node: string, { pods }: Pick<CanaryView, "pods">): MultusPodHealth | undefined {
  return pods.find(({ name }) => name === probePodName(node));
}

function networkOf({ network }: Trial, { install }: Pick<CanaryView, "install">): string {
  return `${install.spec.namespace}/${network}`;
}
