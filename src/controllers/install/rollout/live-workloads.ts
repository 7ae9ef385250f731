import { createHash } from "node:crypto";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { type ApiObject, CONFIG_MAPS, DAEMON_SETS, type ObjectRef, refOf } from "../../../kube/resource.ts";
import { deletesItsConfiguration, GUARD } from "../../../render/rollout-guard.ts";
import { isOwn, templateOf } from "../../shared/applier.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "../inventory/inventory.ts";
import type { ReconcileScope } from "../scope.ts";
import type { LiveWorkload, RolloutState } from "./next-step.ts";

/**
 * On each DaemonSet: what its template was rendered from. A live template that differs under the same mark
 * was changed by somebody else, and is set back at once; one under another mark is an earlier spec's.
 */
const REVISION = "multus-operator.dev/revision";

/** A pod that should have ended so long ago has a kubelet that does not answer; in ms. */
const LOST_AFTER_MS = 60_000;

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

/** What the cluster has of Multus' and the guard's DaemonSets, beside the rendered ones. */
export async function workloadState(
  scope: ReconcileScope,
  daemonSets: readonly KubeObject[],
  pods: readonly MultusPodView[],
): Promise<RolloutState> {
  const { owned } = scope.deps;
  const live: LiveWorkload[] = [];
  const obsolete: LiveWorkload[] = [];
  for (const wanted of daemonSets) {
    const found = owned.get(refOf(wanted));
    // Somebody else's is no earlier Multus of this operator's: the apply says what is to be done about it.
    if (!found || !isOwn(found)) continue;
    // One that somebody is deleting comes back by itself, once it is gone.
    const upToDate =
      found.metadata.deletionTimestamp !== undefined || (await isUpToDate(scope, wanted, found));
    live.push(liveWorkload(found, upToDate));
  }
  for (const ref of obsoleteDaemonSets(scope, daemonSets)) {
    const found = owned.get(ref);
    if (found && isOwn(found)) obsolete.push(liveWorkload(found, false));
  }
  const now = scope.deps.now().getTime();
  const leaving = obsolete.filter(({ deletesConfiguration }) => deletesConfiguration);
  const names = new Set(leaving.map(({ name }) => name));
  const isLost = ({ endsAt }: MultusPodView) =>
    endsAt !== undefined && now - Date.parse(endsAt) > LOST_AFTER_MS;
  return {
    live,
    obsolete,
    occupiedNodes: nodesOf(pods.filter((pod) => names.has(pod.daemonSet) && !isLost(pod))),
    servingNodes: nodesOf(
      pods.filter((pod) => !["", GUARD].includes(pod.daemonSet) && pod.ready && !pod.terminating),
    ),
    ...guardOf(owned.get(guardRef(daemonSets[0]?.metadata.namespace ?? "")), pods, now),
  };
}

/** The DaemonSets of the inventory that the spec does not render, the guard left out. */
export function obsoleteDaemonSets(scope: ReconcileScope, daemonSets: readonly KubeObject[]): ObjectRef[] {
  const wanted = new Set(daemonSets.map((object) => entryKey(entryOf(object))));
  return scope.findings.inventory
    .filter((entry) => entry.kind === "DaemonSet" && entry.name !== GUARD && !wanted.has(entryKey(entry)))
    .map(refOfEntry);
}

export function guardRef(namespace: string): ObjectRef {
  return { type: DAEMON_SETS, namespace, name: GUARD };
}

/** The guard's DaemonSet and what it mounts. */
export function guardRefs(namespace: string): ObjectRef[] {
  return [guardRef(namespace), { type: CONFIG_MAPS, namespace, name: GUARD }];
}

/** A guard that the status lost is in the inventory again, so that it does not stay on the nodes. */
export function rememberGuard({ deps, findings }: ReconcileScope, namespace: string): void {
  const known = new Set(findings.inventory.map(entryKey));
  const lost = guardRefs(namespace).filter((ref) => {
    const live = deps.owned.get(ref);
    return live !== undefined && isOwn(live) && !known.has(entryKey(entryOfRef(ref)));
  });
  findings.inventory = [...findings.inventory, ...lost.map(entryOfRef)];
}

async function isUpToDate(scope: ReconcileScope, wanted: KubeObject, found: ApiObject): Promise<boolean> {
  const mark = found.metadata.annotations?.[REVISION];
  if (mark !== undefined) return mark === revisionOf(wanted);
  return !(await scope.deps.applier.changesTemplate(wanted, scope.context.signal));
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
  pods: readonly MultusPodView[],
  now: number,
): Pick<RolloutState, "guard"> {
  if (!guard) return {};
  const { creationTimestamp = "", deletionTimestamp } = guard.metadata;
  return {
    guard: {
      ending: deletionTimestamp !== undefined,
      ageSeconds: (now - Date.parse(creationTimestamp)) / 1000,
      nodes: new Set(nodesOf(pods.filter((pod) => pod.daemonSet === GUARD && pod.ready && !pod.terminating))),
    },
  };
}

function nodesOf(pods: readonly MultusPodView[]): string[] {
  return [...new Set(pods.map(({ node }) => node).filter((node) => node !== ""))].toSorted();
}
