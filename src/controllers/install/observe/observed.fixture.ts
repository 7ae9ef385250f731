import type { KubeObject } from "../../../crds/kube-object.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  multusInstall,
} from "../../../crds/multus-install/multus-install.ts";
import { type MultusPodHealth, multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { type NodeView, nodeView } from "../../../diagnosis/node.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { type ApiObject, describe, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { lastComplete } from "../../../render/last-complete.ts";
import { renderInstall } from "../../../render/render.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import { canaryGate } from "../canary/gate.ts";
import { entryOf } from "../inventory/inventory.ts";
import { asApplied } from "../rollout/as-applied.ts";
import { rollout } from "../rollout/assess.ts";
import { workloadState } from "../rollout/live-workloads.ts";
import { FINALIZER } from "../scope.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { NO_INSPECTIONS } from "./inspection-plan.ts";
import type { Observed } from "./observe.ts";

/** What the unit tests of a reconcile's decisions begin with: a cluster in which an install is complete on two nodes. */

export const NOW = new Date("2026-01-01T00:10:00Z");
export const AGES = agesByClock(NOW);
/** For how many seconds the objects of these tests have existed. */
const secondsOld = ({ metadata }: ApiObject) =>
  (NOW.getTime() - Date.parse(metadata.creationTimestamp ?? "")) / 1000;
const CREATED = "2026-01-01T00:00:00Z";
const NODES = ["node-1", "node-2"];
const NONE = {
  ...{ kept: new Set<KubeObject>(), rehearsed: new Map<KubeObject, undefined>() },
  ...{ taken: [], obsolete: [], newer: [], notes: [] },
};

export function installOf(spec: object = {}): MultusInstall {
  return multusInstall.parse({
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus", uid: "uid" },
    spec: { distribution: "Kubernetes", ...spec },
  });
}

export function resolved(install: MultusInstall): ResolvedSpec {
  return {
    install,
    rendered: renderInstall(install),
    distribution: { name: install.spec.distribution, evidence: "spec.distribution" },
  };
}

/** The objects of an install as the API server has them once the operator has applied them. */
export function liveObjectsOf({ rendered }: ResolvedSpec): ApiObject[] {
  return rendered.objects.map((object) => asLive(asApplied(object, NONE)));
}

export function asLive(object: KubeObject): ApiObject {
  const metadata = { uid: `uid-${object.metadata.name}`, resourceVersion: "1", ...object.metadata };
  return { ...object, metadata };
}

export function multusPod(node: string, daemonSet: string, more: object = {}): MultusPodHealth {
  return {
    ...multusPodHealth({
      metadata: {
        name: `${daemonSet}-${node}`,
        namespace: "kube-system",
        uid: `${daemonSet}-${node}`,
        creationTimestamp: CREATED,
        labels: { app: "multus", name: "multus" },
        ownerReferences: [{ kind: "DaemonSet", name: daemonSet, uid: daemonSet, controller: true }],
      },
      spec: { nodeName: node },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: CREATED }],
      },
    }),
    ...more,
  };
}

/** A node on which nothing is wrong. */
export function readyNode(name: string): NodeView {
  return nodeView({ metadata: { name }, status: { conditions: [{ type: "Ready", status: "True" }] } });
}

export interface Situation {
  /** What is applied; the wanted spec if not set. */
  running?: ResolvedSpec;
  /** More live objects. */
  more?: readonly ApiObject[];
  pods?: readonly MultusPodHealth[];
  finalizers?: string[];
  status?: Observed["previous"];
  /** Names of DaemonSets of which the pods would change. */
  changing?: readonly string[];
  rollout?: Partial<Observed["rollout"]>;
  idleSeconds?: number;
  adoption?: Partial<Observed["adoption"]>;
  missingProbeNetwork?: string;
  leftovers?: Observed["leftovers"];
  nodes?: Observed["nodes"];
  differing?: Observed["differing"];
}

/** What `observe` returns for a spec in a situation. */
export function observed(spec: ResolvedSpec, situation: Situation = {}): Observed {
  const { running = spec, more = [], changing = [], status = {} } = situation;
  const daemonSets = spec.rendered.objects.filter(isMultusDaemonSet);
  const there = [...liveObjectsOf(running), ...more];
  const owned = objectsByRef(there);
  const inventory = there.map((object) => entryOf(object));
  const pods = situation.pods ?? NODES.map((node) => multusPod(node, nameOf(daemonSets[0])));
  const nodes = situation.nodes ?? NODES.map(readyNode);
  const workloads = workloadState({
    ...{ live: owned, inventory, daemonSets, pods, ages: AGES, guardAge: secondsOld },
    changesTemplate: new Set(changing),
  });
  const numbers = { desired: 2, updated: 2, available: 2, current: true };
  const live = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus", uid: "uid", generation: 1, finalizers: situation.finalizers ?? [FINALIZER] },
  } as ApiObject;
  const previous = { observedGeneration: 1, inventory, ...status };
  const { missingProbeNetwork, leftovers } = situation;
  return {
    ...{ now: NOW, ages: AGES, live, previous, inventory, owned, nodes, pods, workloads },
    adoption: { ...NONE, ...situation.adoption },
    rollout: { ...rollout(1, [], []), ...numbers, ...situation.rollout },
    idleSeconds: situation.idleSeconds ?? 0,
    inspectionPlan: undefined,
    inspections: NO_INSPECTIONS,
    gate: spec.rollback
      ? { kind: "Open", record: spec.rollback.record }
      : canaryGate(spec.install, { daemonSets, workloads, live: owned, previous: previous.rollout }),
    canary: {
      ...{ install: spec.install, generation: 1, daemonSets, live: owned, isSeen: true, pods, nodes },
      sandboxFailures: new Map(),
      image: { reference: "operator", pullPolicy: "IfNotPresent", pullSecrets: [] },
      ages: AGES,
    },
    foreignFields: [],
    differing: situation.differing ?? new Set(),
    ...(missingProbeNetwork ? { missingProbeNetwork } : {}),
    ...(leftovers ? { leftovers } : {}),
  };
}

/** The ConfigMap that keeps a spec that ran completely. */
export function keptSpec(install: MultusInstall): ApiObject {
  return asLive(lastComplete(install));
}

/** "Apply DaemonSet kube-system/kube-multus-ds", one line per action. */
export function textOf(action: Action): string {
  switch (action.kind) {
    case "Apply":
      return `Apply ${describe(refOf(action.object))}`;
    case "Delete":
      return `Delete ${action.entry.kind} ${action.entry.name}`;
    case "Record":
      return `Record ${action.entries.length}`;
    case "Prune":
      return `Prune ${action.obsolete.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`;
    case "DeletePod":
    case "ForceDeletePod":
      return `${action.kind} ${action.pod.name}`;
    case "CreateProbe":
      return `CreateProbe ${action.pod.metadata.name}`;
    case "RemoveTaint":
      return `RemoveTaint ${action.node.name} ${action.key}`;
    default:
      return action.kind;
  }
}

function objectsByRef(objects: readonly ApiObject[]): LiveObjects {
  const byName = new Map(objects.map((object) => [describe(refOf(object)), object]));
  return { get: (ref) => byName.get(describe(ref)) };
}

function nameOf(object: KubeObject | undefined): string {
  return object?.metadata.name ?? "";
}
