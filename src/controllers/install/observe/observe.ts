import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import { rfc3339 } from "../../../crds/rfc3339.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { MultusPodView } from "../../../diagnosis/pod-health.ts";
import { type ApiObject, describe, type ObjectRef, refOf } from "../../../kube/resource.ts";
import { lastComplete } from "../../../render/last-complete.ts";
import { isOwn, type LiveObjects } from "../../shared/applier.ts";
import { type ForeignField, foreignFields, hasEffect } from "../../shared/foreign-fields.ts";
import { isAsNew } from "../../shared/newest-copies.ts";
import type { CleaningRequest, InspectionPlan } from "../../shared/node-tasks.ts";
import { type Adoption, planAdoption } from "../adoption/plan-adoption.ts";
import { type CanaryView, probesWithoutSandbox } from "../canary/canary.ts";
import { canaryGate, type Gate } from "../canary/gate.ts";
import { sandboxFailure } from "../canary/probe.ts";
import { needsGuard, nextRolloutStep, type RolloutState } from "../decide/rollout-step.ts";
import { entryOf, recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import { asApplied } from "../rollout/as-applied.ts";
import type { Rollout } from "../rollout/assess.ts";
import { type LeftoverProgress, leftoverProgress, leftoversRequest } from "../rollout/leftovers.ts";
import {
  guardRef,
  guardRefs,
  isMarkedAs,
  revisionOf,
  withGuard,
  workloadState,
} from "../rollout/live-workloads.ts";
import { progressedAt } from "../rollout/progress.ts";
import type { ReconcileScope } from "../scope.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import type { InventoryEntry } from "../status/status.ts";
import { idleSeconds } from "./idle.ts";
import {
  type InspectionFindings,
  inspectionFindings,
  inspectionPlan,
  NO_INSPECTIONS,
} from "./inspection-plan.ts";
import { areDaemonSetsSeen, observeRollout } from "./observe-rollout.ts";

/** What a reconcile knows of the cluster before it writes anything: all that it decides by. */
export interface Observed {
  now: Date;
  ages: PodAges;
  /** The MultusInstall itself. */
  live: ApiObject;
  previous: MultusInstallStatus;
  /** What the status lists as applied, and a guard that it lost. */
  inventory: readonly InventoryEntry[];
  /** The objects of the spec, of the inventory and of rollouts, as they are. */
  owned: LiveObjects;
  adoption: Adoption;
  nodes: readonly NodeView[];
  /** All pods with Multus' label in the install's namespace, the guard's and probes among them. */
  pods: readonly MultusPodView[];
  workloads: RolloutState;
  rollout: Rollout;
  /** For how long the numbers of the rollout have not changed. */
  idleSeconds: number;
  /** Undefined if nodes are not inspected. */
  inspectionPlan: InspectionPlan | undefined;
  inspections: InspectionFindings;
  gate: Gate;
  canary: CanaryView;
  /** The network of a canary's probe, "namespace/name", if it does not exist. */
  missingProbeNetwork?: string;
  /** What a previous Multus left on nodes; undefined if nodes are not inspected. */
  leftovers?: { request: CleaningRequest; progress: LeftoverProgress };
  /** What others added to the operator's objects. */
  foreignFields: readonly ForeignField[];
  /** Of a paused install: the objects that an apply would change. */
  differing: ReadonlySet<KubeObject>;
}

/**
 * Reads everything that the reconcile decides by, and writes nothing: an object that is not known yet must not be taken
 * for one that has to be created, nor nodes for none at all. Throws a NotSynced, or an AdoptionRejected.
 */
export async function observe(scope: ReconcileScope, spec: ResolvedSpec): Promise<Observed> {
  const { deps, context, live, previous } = scope;
  const { install, rollback } = spec;
  const { namespace } = install.spec;
  const objects = spec.rendered.objects;
  const daemonSets = objects.filter(({ kind }) => kind === "DaemonSet");
  const recorded = recordedInventory(live);
  const refs = [
    ...objects.map(refOf),
    ...recorded.map(refOfEntry),
    ...guardRefs(namespace),
    refOf(lastComplete(install)),
  ];
  const [nodes, allPods] = await Promise.all([
    deps.nodes(),
    deps.pods(namespace),
    deps.owned.watch(refs, context.signal),
  ]);
  const inventory = withGuard(recorded, namespace, deps.owned);
  const adoption = await planAdoption(scope, install, objects, inventory);
  const obsolete = adoption.obsolete.map(refOf);
  await deps.owned.watch(obsolete, context.signal);
  const owned = snapshot(deps.owned, [...refs, ...obsolete], adoption.newer);
  const now = deps.now();
  const ages = deps.seen.pods.ages(allPods, now);

  const workloads = await confirmed(
    scope,
    namespace,
    workloadState(
      owned,
      [...inventory, ...adoption.obsolete.map(entryOf)],
      daemonSets,
      await changedTemplates(scope, owned, daemonSets),
      allPods,
      ages,
      ({ metadata }) => deps.seen.since.seconds(`guard in ${namespace}`, metadata.uid ?? ""),
    ),
  );
  const pods = allPods.filter((pod) => daemonSets.some(({ metadata }) => metadata.name === pod.daemonSet));
  const inspected = inspect(scope, install, pods, ages);
  const rollout = await observeRollout(scope, spec, {
    ...{ owned, pods, ages, nodes },
    inspections: inspected.findings,
  });
  const progress = progressedAt(previous, live.metadata.generation ?? 0, rollout, rfc3339(now));
  const gate: Gate = rollback
    ? { kind: "Open", record: rollback.record }
    : canaryGate(install, daemonSets, workloads, owned, previous.rollout);
  const missingProbeNetwork = await probeNetworkMissing(scope, namespace, gate);
  return {
    now,
    ages,
    live,
    previous,
    inventory,
    owned,
    adoption,
    nodes,
    pods: allPods,
    workloads,
    rollout,
    idleSeconds: idleSeconds(scope, progress),
    inspectionPlan: inspected.plan,
    inspections: inspected.findings,
    gate,
    canary: await canaryView(scope, gate, {
      install,
      generation: live.metadata.generation ?? 0,
      daemonSets,
      live: owned,
      isSeen: areDaemonSetsSeen(scope, owned, daemonSets),
      pods: allPods,
      nodes,
      image: deps.image,
      ages,
    }),
    ...(missingProbeNetwork ? { missingProbeNetwork } : {}),
    ...leftovers(scope, install, daemonSets, allPods, nodes, inspected.plan),
    foreignFields: foreignFieldsOf(owned, objects, adoption),
    differing: install.spec.paused ? await differing(scope, owned, objects, adoption) : new Set(),
  };
}

/**
 * The copies at this moment: a watch goes on meanwhile, and a decision must not see two states of one object.
 * @param newer objects that were read from the API server since
 */
function snapshot(live: LiveObjects, refs: readonly ObjectRef[], newer: readonly ApiObject[]): LiveObjects {
  const copies = new Map(refs.map((ref) => [describe(ref), live.get(ref)]));
  for (const object of newer) {
    const copy = copies.get(describe(refOf(object)));
    if (!copy || !isAsNew(copy, object)) copies.set(describe(refOf(object)), object);
  }
  return {
    get(ref) {
      if (!copies.has(describe(ref))) throw new Error(`${describe(ref)} was not observed`);
      return copies.get(describe(ref));
    },
  };
}

/** The names of DaemonSets of which an apply would change the pods. Those without the operator's mark need a dry run. */
async function changedTemplates(
  { deps, context }: ReconcileScope,
  owned: LiveObjects,
  daemonSets: readonly KubeObject[],
): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const wanted of daemonSets) {
    const found = owned.get(refOf(wanted));
    if (!found || !isOwn(found) || found.metadata.deletionTimestamp !== undefined) continue;
    const isSame = isMarkedAs(wanted, found) ?? !(await deps.applier.changesTemplate(wanted, context.signal));
    if (!isSame) changed.add(found.metadata.name);
  }
  return changed;
}

/**
 * The watch's copy of the guard may be from before its deletion, by the end of the last rollout or by a user. Before
 * pods of Multus end, the API server itself is asked.
 */
async function confirmed(
  { deps }: ReconcileScope,
  namespace: string,
  state: RolloutState,
): Promise<RolloutState> {
  if (!state.guard || !needsGuard(state) || nextRolloutStep(state).kind === "Guard") return state;
  const ref = guardRef(namespace);
  const found = await deps.client.get<ApiObject>(ref);
  const isThere = found !== undefined && found.metadata.deletionTimestamp === undefined;
  if (isThere && found.metadata.uid === deps.owned.get(ref)?.metadata.uid) return state;
  return { ...state, guard: { ...state.guard, isGone: true } };
}

/** Which nodes are to be inspected, and what the inspections so far have shown. */
function inspect(
  { deps: { nodeTasks, now } }: ReconcileScope,
  install: MultusInstall,
  pods: readonly MultusPodView[],
  ages: PodAges,
): { plan: InspectionPlan | undefined; findings: InspectionFindings } {
  const { spec } = install;
  if (spec.nodes.inspection === "Off" || !nodeTasks.canRun)
    return { plan: undefined, findings: NO_INSPECTIONS };
  const plan = inspectionPlan(install, pods, ages, now);
  // A paused install keeps the plan that it had.
  const isPlanned = (node: string) => spec.paused || plan.nodes.has(node);
  const findings = inspectionFindings(
    spec,
    pods,
    {
      inspections: nodeTasks.inspections.values().filter(({ node }) => isPlanned(node)),
      failures: new Map([...nodeTasks.failures].filter(([node]) => isPlanned(node))),
      isCurrent: (node) => nodeTasks.isCurrent(node, spec.paused ? undefined : plan),
      rejected: (node) => {
        const found = nodeTasks.inspections.rejection(node);
        return found && { at: found.at, age: performance.now() - found.seenAt };
      },
    },
    now(),
  );
  return { plan, findings };
}

function leftovers(
  { deps: { nodeTasks, now }, live }: ReconcileScope,
  install: MultusInstall,
  daemonSets: readonly KubeObject[],
  pods: readonly MultusPodView[],
  nodes: readonly NodeView[],
  plan: InspectionPlan | undefined,
): Pick<Observed, "leftovers"> {
  if (!plan) return {};
  const request = leftoversRequest(
    install,
    {
      daemonSets: daemonSets.map(({ metadata }) => metadata.name),
      revision: daemonSets.map(revisionOf).join(),
      since: live.metadata.creationTimestamp ?? now().toISOString(),
    },
    pods,
    nodes,
    (node) => (nodeTasks.isCurrent(node, plan) ? nodeTasks.inspections.get(node) : undefined),
  );
  return { leftovers: { request, progress: leftoverProgress(nodeTasks.leftoversProgress(request)) } };
}

/** Without its network the probe would fail on the first node, a minute later, as if Multus were at fault. */
async function probeNetworkMissing(
  { deps }: ReconcileScope,
  namespace: string,
  gate: Gate,
): Promise<string | undefined> {
  if (gate.kind !== "Held" || !gate.trial.begins) return undefined;
  const name = gate.trial.network;
  const found = await deps.client.get<ApiObject>({ type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name });
  return found ? undefined : `${namespace}/${name}`;
}

async function canaryView(
  scope: ReconcileScope,
  gate: Gate,
  view: Omit<CanaryView, "sandboxFailures">,
): Promise<CanaryView> {
  const sandboxFailures = new Map<string, string>();
  if (gate.kind === "Held" && view.isSeen)
    for (const pod of probesWithoutSandbox(gate.trial, view))
      sandboxFailures.set(pod.uid, await sandboxFailure(scope, pod));
  return { ...view, sandboxFailures };
}

/** The template of a DaemonSet that was adopted with its pods is still its manifest's. */
function foreignFieldsOf(
  owned: LiveObjects,
  objects: readonly KubeObject[],
  { kept }: Adoption,
): ForeignField[] {
  return objects.flatMap((object) => {
    const live = owned.get(refOf(object));
    if (!live) return [];
    return foreignFields(live)
      .filter(hasEffect)
      .filter(({ field }) => !(kept.has(object) && field.startsWith("spec.template")));
  });
}

async function differing(
  { deps, context }: ReconcileScope,
  owned: LiveObjects,
  objects: readonly KubeObject[],
  adoption: Adoption,
): Promise<Set<KubeObject>> {
  const found = new Set<KubeObject>();
  for (const object of objects)
    if (owned.get(refOf(object)))
      if (await deps.applier.isDifferent(asApplied(object, adoption), context.signal)) found.add(object);
  return found;
}
