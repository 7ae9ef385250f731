import type { Condition } from "../../../crds/conditions.ts";
import { secondsToStable, unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import { daemonSetView, type MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { joined } from "../../../diagnosis/node-checks.ts";
import { type ApiObject, DAEMON_SETS, describe, refOf } from "../../../kube/resource.ts";
import { UPSTREAM_LABELS } from "../../../render/labels.ts";
import { objectsOf, type RenderedInstall } from "../../../render/render.ts";
import { templateOf } from "../../shared/applier.ts";
import { isStarting, STARTING_SECONDS, withFailedMounts } from "../observe/failed-mounts.ts";
import { inspectionsOf } from "../observe/inspection-plan.ts";
import { withMissingSecrets } from "../observe/missing-secrets.ts";
import type { ReconcileScope } from "../scope.ts";
import { type Rollout, rollout } from "./assess.ts";

/** The rollout as the cluster shows it now; kept in the findings too. */
export async function observeRollout(scope: ReconcileScope, rendered: RenderedInstall): Promise<Rollout> {
  const { owned, applier } = scope.deps;
  const all = objectsOf(rendered).map(refOf);
  const refs = all.filter((ref) => ref.type === DAEMON_SETS);
  // A copy older than the last write shows the numbers of a rollout that is over.
  const daemonSets = refs.flatMap((ref) => {
    const live = owned.get(ref);
    if (!live) return [];
    const view = daemonSetView(live);
    return { ...view, current: view.current && applier.hasSeenWrite(ref, live) };
  });
  const ending = all.filter((ref) => owned.get(ref)?.metadata.deletionTimestamp !== undefined);
  const namespace = refs[0]?.namespace ?? "";
  const names = new Set(refs.map((ref) => ref.name));
  const pods = (await scope.deps.pods(namespace)).filter((pod) => names.has(pod.daemonSet));
  const now = scope.deps.now();
  const explained = await withFailedMounts(
    scope,
    namespace,
    await withMissingSecrets(scope, namespace, pods),
  );
  const nodes = await scope.deps.nodes();
  const inspected = await inspectionsOf(scope, pods);
  const unhealthy = joined(unhealthyNodes(explained, now, nodes), inspected.unhealthy);
  const rechecks = [
    ...[secondsToStable(pods, now) ?? [], pods.some(isStarting) ? STARTING_SECONDS : []].flat(),
    ...inspected.againSeconds,
  ];
  const recheckAfterSeconds = rechecks.length > 0 ? Math.min(...rechecks) : undefined;
  const answering = new Set(nodes.filter(({ reachable }) => reachable).map(({ name }) => name));
  const found = rollout(refs.length, daemonSets, unhealthy, {
    ending: ending.map(describe),
    ...(refs.every((ref) => hasWatchedPods(owned.get(ref))) ? { ready: readyNodes(pods) } : {}),
    leaving: pods.filter(({ terminating, node }) => terminating && answering.has(node)).length,
    unseen: isReadyAlready(scope) ? [] : inspected.unseen.filter((node) => answering.has(node)),
  });
  scope.findings.rollout = found;
  return recheckAfterSeconds === undefined ? found : { ...found, recheckAfterSeconds };
}

/** Pods that were adopted as they were found may lack the label by which pods are watched: none is ever seen. */
function hasWatchedPods(daemonSet: ApiObject | undefined): boolean {
  const template = (daemonSet && templateOf(daemonSet)) as { metadata?: { labels?: Record<string, string> } };
  return template?.metadata?.labels?.app === UPSTREAM_LABELS.app;
}

function readyNodes(pods: readonly MultusPodView[]): number {
  return new Set(pods.filter(({ ready }) => ready).map(({ node }) => node)).size;
}

/** Ready is said once the nodes were seen; from then on it stands until something speaks against it, also after a restart. */
export function isReadyAlready({ live, previous }: ReconcileScope): boolean {
  const ready = previous.conditions?.find(({ type }) => type === "Ready");
  return wasReady(ready) && ready?.observedGeneration === live.metadata.generation;
}

/** Unknown is written in place of True alone, while it is not known whether it still holds. */
function wasReady(ready: Condition | undefined): boolean {
  return ready?.status === "True" || (ready?.status === "Unknown" && ready.reason === "Syncing");
}
