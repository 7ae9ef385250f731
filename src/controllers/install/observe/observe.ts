import type { KubeObject } from "../../../crds/kube-object.ts";
import type { InventoryEntry, MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { rfc3339 } from "../../../crds/rfc3339.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { type ApiObject, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { POOL_DEFINITIONS } from "../../../render/definitions.ts";
import { lastComplete } from "../../../render/last-complete.ts";
import { WHEREABOUTS } from "../../../render/whereabouts-names.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import { type ForeignField, foreignFields, hasEffect } from "../../shared/foreign-fields.ts";
import type { InspectionPlan } from "../../shared/node-tasks.ts";
import { type Adoption, planAdoption } from "../adoption/plan-adoption.ts";
import type { CanaryView } from "../canary/canary.ts";
import { canaryGate, type Gate } from "../canary/gate.ts";
import { dhcpRefs, isDhcpDaemon, type ObservedDhcp, observeDhcp } from "../dhcp/observe-dhcp.ts";
import { entryOf, recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import { type ObservedPlugins, observePlugins } from "../plugins/observe-plugins.ts";
import type { Rollout } from "../rollout/assess.ts";
import { guardRefs, withGuard } from "../rollout/live-workloads.ts";
import { progressedAt } from "../rollout/progress.ts";
import type { RolloutState } from "../rollout/rollout-step.ts";
import type { ReconcileScope } from "../scope.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { differingObjects } from "./dry-runs.ts";
import { idleSeconds } from "./idle.ts";
import type { InspectionFindings } from "./inspection-plan.ts";
import { missingProbeNetwork, observeCanary } from "./observe-canary.ts";
import { observeInspections } from "./observe-inspections.ts";
import { type Leftovers, observeLeftovers } from "./observe-leftovers.ts";
import { areDaemonSetsSeen, observeRollout } from "./observe-rollout.ts";
import { whereaboutsDaemonSet, withWhereabouts } from "./observe-whereabouts.ts";
import { observeWorkloads } from "./observe-workloads.ts";
import { snapshot } from "./snapshot.ts";

/** What a reconcile knows of the cluster before it writes anything: all that it decides by. */
export interface Observed {
  /** One moment for all of it. */
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
  pods: readonly MultusPodHealth[];
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
  leftovers?: Leftovers;
  /** CNI plugins that nodes lack; undefined if none are to be installed. */
  plugins?: ObservedPlugins;
  /** The dhcp plugin's daemon; undefined if there is none and none is wanted. */
  dhcp?: ObservedDhcp;
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
  const { generation = 0 } = live.metadata;
  const objects = spec.rendered.objects;
  const daemonSets = objects.filter(isMultusDaemonSet);
  const whereabouts = whereaboutsDaemonSet(objects);
  const inStatus = recordedInventory(live);
  const recorded = inStatus.filter((entry) => !isDhcpDaemon(entry));
  const dhcpRef = dhcpRefs(install, inStatus);
  const refs = [
    ...objects.map(refOf),
    ...recorded.map(refOfEntry),
    ...guardRefs(namespace),
    ...dhcpRef,
    refOf(lastComplete(install)),
  ];
  const [nodes, watched, whereaboutsPods] = await Promise.all([
    deps.nodes(),
    deps.pods(namespace),
    whereabouts ? deps.podsOf(namespace, WHEREABOUTS) : [],
    deps.owned.watch(refs, context.signal),
  ]);
  const inventory = withGuard(recorded, namespace, deps.owned);
  const adoption = await planAdoption(scope, install, objects, inventory);
  const obsolete = adoption.obsolete.map(refOf);
  await deps.owned.watch(obsolete, context.signal);
  const owned = snapshot(deps.owned, [...refs, ...obsolete], adoption.newer);
  const now = deps.now();
  const pods = deps.seen.pods.newest(watched);
  const ages = deps.seen.pods.ages([...pods, ...whereaboutsPods], new Set([namespace]), now);

  const workloads = await observeWorkloads(scope, namespace, {
    ...{ owned, daemonSets, pods, ages },
    inventory: [...inventory, ...adoption.obsolete.map(entryOf)],
  });
  const daemonSetPods = pods.filter((pod) =>
    daemonSets.some(({ metadata }) => metadata.name === pod.daemonSet),
  );
  const inspected = observeInspections(scope, install, { pods: daemonSetPods, ages, now });
  const ofMultus = await observeRollout(scope, spec, {
    ...{ owned, ages, nodes },
    pods: daemonSetPods,
    inspections: inspected.findings,
  });
  const rollout = withWhereabouts(ofMultus, whereabouts, {
    ...{ owned, ages, nodes, pods: whereaboutsPods },
    hasSeenWrite: (live) => deps.applier.hasSeenWrite(refOf(live), live),
  });
  const progress = progressedAt(previous, generation, rollout, rfc3339(now));
  const gate: Gate = rollback
    ? { kind: "Open", record: rollback.record }
    : canaryGate(install, { daemonSets, workloads, live: owned, previous: previous.rollout });
  const missingNetwork = await missingProbeNetwork(scope, namespace, gate);
  const canary = await observeCanary(scope, gate, {
    ...{ install, generation, daemonSets, live: owned, pods, nodes, ages },
    isSeen: areDaemonSetsSeen(scope, owned, daemonSets),
    image: deps.image,
  });
  const leftovers = observeLeftovers(scope, install, {
    ...{ daemonSets, pods, nodes, now },
    lastComplete: owned.get(refOf(lastComplete(install))),
    plan: inspected.plan,
    whereabouts: inventory.some(({ name }) => POOL_DEFINITIONS.includes(name)),
  });
  const dhcp = await observeDhcp(scope, install, dhcpRef);
  const plugins = await observePlugins(scope, install, inspected.plan);
  return {
    now,
    ages,
    live,
    previous,
    inventory,
    owned,
    adoption,
    nodes,
    pods,
    workloads,
    rollout,
    idleSeconds: idleSeconds(scope, progress),
    inspectionPlan: inspected.plan,
    inspections: inspected.findings,
    gate,
    canary,
    ...(missingNetwork ? { missingProbeNetwork: missingNetwork } : {}),
    ...(leftovers ? { leftovers } : {}),
    ...(plugins ? { plugins } : {}),
    ...(dhcp ? { dhcp } : {}),
    foreignFields: foreignFieldsOf(owned, objects, adoption),
    differing: install.spec.paused ? await differingObjects(scope, owned, objects, adoption) : new Set(),
  };
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
