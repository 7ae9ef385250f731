import { createHash } from "node:crypto";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { type ApiObject, CONFIG_MAPS, DAEMON_SETS, type ObjectRef, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { deletesItsConfiguration, GUARD } from "../../../render/rollout-guard.ts";
import { type LiveObjects, templateOf } from "../../shared/applier.ts";
import { isOwn } from "../../shared/ownership.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "../inventory/inventory.ts";
import type { LiveWorkload, RolloutState } from "./rollout-step.ts";

/**
 * On each DaemonSet: what its template was rendered from. A live template that differs under the same mark
 * was changed outside the operator, and is restored at once; one under another mark is a previous spec's.
 */
const REVISION = "multus-operator.dev/revision";

/** A pod that should have terminated this long ago has a kubelet that does not answer; in seconds. */
export const LOST_AFTER_SECONDS = 60;

/** The rendered DaemonSet as it is applied: with the mark of its template. */
export function marked(daemonSet: KubeObject): KubeObject {
  const { metadata } = daemonSet;
  const annotations = { ...metadata.annotations, [REVISION]: revisionOf(daemonSet) };
  return { ...daemonSet, metadata: { ...metadata, annotations } };
}

/** 16 hexadecimal digits that change with the pod template. */
export function revisionOf(daemonSet: KubeObject): string {
  return createHash("sha256")
    .update(JSON.stringify(templateOf(daemonSet)))
    .digest("hex")
    .slice(0, 16);
}

/** One text for all DaemonSets of a rollout. */
export function revisionOfAll(daemonSets: readonly KubeObject[]): string {
  return daemonSets.map(revisionOf).join(".").slice(0, 63);
}

/**
 * Whether a live DaemonSet was applied from the wanted one's template; undefined if it does not have the mark, and only
 * a dry run can show it.
 */
export function isMarkedAs(wanted: KubeObject, found: ApiObject): boolean | undefined {
  const mark = found.metadata.annotations?.[REVISION];
  return mark === undefined ? undefined : mark === revisionOf(wanted);
}

export interface SeenWorkloads {
  live: LiveObjects;
  inventory: readonly InventoryEntry[];
  /** Those of the spec. */
  daemonSets: readonly KubeObject[];
  /** Names of live DaemonSets of which an apply would change the template. */
  changesTemplate: ReadonlySet<string>;
  pods: readonly MultusPodHealth[];
  ages: PodAges;
  /** For how many seconds the guard's DaemonSet has existed. */
  guardAge: (guard: ApiObject) => number;
}

/** What the cluster has of Multus' and the guard's DaemonSets, next to the rendered ones. */
export function workloadState({
  live,
  inventory,
  daemonSets,
  changesTemplate,
  pods,
  ages,
  guardAge,
}: SeenWorkloads): RolloutState {
  const running: LiveWorkload[] = [];
  const obsolete: LiveWorkload[] = [];
  for (const wanted of daemonSets) {
    const found = live.get(refOf(wanted));
    // One that the operator does not own is not a previous Multus of its own: the apply reports what to do about it.
    if (!found || !isOwn(found)) continue;
    // One that is being deleted is recreated once it is gone.
    const upToDate =
      found.metadata.deletionTimestamp !== undefined || !changesTemplate.has(found.metadata.name);
    running.push(liveWorkload(found, upToDate));
  }
  for (const ref of obsoleteDaemonSets(inventory, daemonSets)) {
    const found = live.get(ref);
    if (found && isOwn(found)) obsolete.push(liveWorkload(found, false));
  }
  const leaving = obsolete.filter(({ deletesConfiguration }) => deletesConfiguration);
  const names = new Set(leaving.map(({ name }) => name));
  const isLost = (pod: MultusPodHealth) => pod.terminating && ages.overdue(pod) > LOST_AFTER_SECONDS;
  return {
    live: running,
    obsolete,
    occupiedNodes: nodesOf(pods.filter((pod) => names.has(pod.daemonSet) && !isLost(pod))),
    servingNodes: nodesOf(
      pods.filter((pod) => !["", GUARD].includes(pod.daemonSet) && pod.ready && !pod.terminating),
    ),
    ...guardOf(live.get(guardRef(daemonSets[0]?.metadata.namespace ?? "")), pods, guardAge),
  };
}

/** The DaemonSets of the inventory that the spec does not render, the guard left out. */
export function obsoleteDaemonSets(
  inventory: readonly InventoryEntry[],
  daemonSets: readonly KubeObject[],
): ObjectRef[] {
  const wanted = new Set(daemonSets.map((object) => entryKey(entryOf(object))));
  return inventory
    .filter((entry) => isMultusDaemonSet(entry) && entry.name !== GUARD && !wanted.has(entryKey(entry)))
    .map(refOfEntry);
}

export function guardRef(namespace: string): ObjectRef {
  return { type: DAEMON_SETS, namespace, name: GUARD };
}

/** The guard's DaemonSet and what it mounts. */
export function guardRefs(namespace: string): ObjectRef[] {
  return [guardRef(namespace), { type: CONFIG_MAPS, namespace, name: GUARD }];
}

/** The inventory with a guard that the status lost, so that it does not stay on the nodes. */
export function withGuard(
  inventory: readonly InventoryEntry[],
  namespace: string,
  live: LiveObjects,
): InventoryEntry[] {
  const known = new Set(inventory.map(entryKey));
  const lost = guardRefs(namespace).filter((ref) => {
    const found = live.get(ref);
    return found !== undefined && isOwn(found) && !known.has(entryKey(entryOfRef(ref)));
  });
  return [...inventory, ...lost.map(entryOfRef)];
}

function liveWorkload(found: ApiObject, upToDate: boolean): LiveWorkload {
  return {
    name: found.metadata.name,
    upToDate,
    deletesConfiguration: deletesItsConfiguration(templateOf(found)),
    ending: found.metadata.deletionTimestamp !== undefined,
  };
}

function guardOf(
  guard: ApiObject | undefined,
  pods: readonly MultusPodHealth[],
  guardAge: (guard: ApiObject) => number,
): Pick<RolloutState, "guard"> {
  if (!guard) return {};
  const { current, desired, available } = daemonSetView(guard);
  return {
    guard: {
      isEverywhere: current && available >= desired,
      ending: guard.metadata.deletionTimestamp !== undefined,
      ageSeconds: guardAge(guard),
      nodes: new Set(nodesOf(pods.filter((pod) => pod.daemonSet === GUARD && pod.ready && !pod.terminating))),
    },
  };
}

function nodesOf(pods: readonly MultusPodHealth[]): string[] {
  return [...new Set(pods.map(({ node }) => node).filter((node) => node !== ""))].toSorted();
}
