import type { KubeObject } from "../../../crds/kube-object.ts";
import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import { secondsToStable, unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import { joined } from "../../../diagnosis/node-checks.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { type ApiObject, describe, PODS, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { UPSTREAM_LABELS } from "../../../render/labels.ts";
import { type LiveObjects, templateOf } from "../../shared/applier.ts";
import { type Rollout, rollout } from "../rollout/assess.ts";
import { podRevisions, templateGenerationOf } from "../rollout/pod-revisions.ts";
import type { ReconcileScope } from "../scope.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { isReadyAlready } from "../status/previously-ready.ts";
import { isStarting, STARTING_SECONDS, withFailedMounts } from "./failed-mounts.ts";
import type { InspectionFindings } from "./inspection-plan.ts";
import { withMissingSecrets } from "./missing-secrets.ts";
import { IDLE_SECONDS, lacksPods, rejectedPods } from "./rejected-pods.ts";

/** The rollout as the cluster shows it. Reads the kubelets' events if pods do not start. */
export async function observeRollout(
  scope: ReconcileScope,
  { install, rendered }: ResolvedSpec,
  {
    owned,
    pods,
    ages,
    nodes,
    inspections,
  }: {
    owned: LiveObjects;
    /** Those of the spec's DaemonSets. */
    pods: readonly MultusPodHealth[];
    ages: PodAges;
    nodes: readonly NodeView[];
    inspections: InspectionFindings;
  },
): Promise<Rollout> {
  const { namespace } = install.spec;
  const all = rendered.objects.map(refOf);
  const refs = rendered.objects.filter(isMultusDaemonSet).map(refOf);
  // A copy older than the last write shows the numbers of a rollout that is over.
  const daemonSets = refs.flatMap((ref) => {
    const live = owned.get(ref);
    if (!live) return [];
    const view = daemonSetView(live);
    return { ...view, current: view.current && scope.deps.applier.hasSeenWrite(ref, live) };
  });
  const ending = all.filter((ref) => owned.get(ref)?.metadata.deletionTimestamp !== undefined);
  const explained = await withFailedMounts(
    scope,
    namespace,
    await withMissingSecrets(scope, namespace, pods),
    ages,
  );
  const live = refs.flatMap((ref) => owned.get(ref) ?? []);
  const lacking = live.filter((daemonSet) => lacksPods(daemonSet, pods));
  const rejected = await rejectedPods(scope, namespace, lacking);
  const unhealthy = [...joined(unhealthyNodes(explained, ages, nodes), inspections.unhealthy), ...rejected];
  const rechecks = [
    ...[secondsToStable(pods, ages) ?? [], pods.some(isStarting) ? STARTING_SECONDS : []].flat(),
    ...(lacking.length > rejected.length ? [IDLE_SECONDS] : []),
    ...inspections.againSeconds,
  ];
  const answering = new Set(nodes.filter(({ reachable }) => reachable).map(({ name }) => name));
  const areWatched = live.length === refs.length && live.every(hasWatchedPods);
  const ready = areWatched ? readyNodes(await currentPods(scope, live, pods)) : undefined;
  const found = rollout(refs.length, daemonSets, unhealthy, {
    ending: ending.map(describe),
    ...(ready === undefined ? {} : { ready }),
    leaving: pods.filter(({ terminating, node }) => terminating && answering.has(node)).length,
    unseen: isReadyAlready(scope) ? [] : inspections.unseen.filter((node) => answering.has(node)),
  });
  return rechecks.length > 0 ? { ...found, recheckAfterSeconds: Math.min(...rechecks) } : found;
}

/** Whether the DaemonSet controller has seen each of these as it was written last. */
export function areDaemonSetsSeen(
  { deps }: ReconcileScope,
  owned: LiveObjects,
  daemonSets: readonly KubeObject[],
): boolean {
  return daemonSets.every((daemonSet) => {
    const live = owned.get(refOf(daemonSet));
    return (
      live !== undefined && deps.applier.hasSeenWrite(refOf(daemonSet), live) && daemonSetView(live).current
    );
  });
}

/** Pods that were adopted as they were found may lack the label by which pods are watched: none is ever seen. */
function hasWatchedPods(daemonSet: ApiObject): boolean {
  const template = templateOf(daemonSet) as { metadata?: { labels?: Record<string, string> } };
  return template?.metadata?.labels?.app === UPSTREAM_LABELS.app;
}

/**
 * The pods of the DaemonSets' current templates. The copy of the pods may be older than that of a DaemonSet whose rollout is
 * over, and then shows pods that no longer exist. If it does not show which pods are current, the API server itself is asked,
 * once for a template.
 */
async function currentPods(
  { deps: { client, seen } }: ReconcileScope,
  daemonSets: readonly ApiObject[],
  pods: readonly MultusPodHealth[],
): Promise<MultusPodHealth[]> {
  const found: MultusPodHealth[] = [];
  for (const daemonSet of daemonSets) {
    const { name, namespace = "", uid } = daemonSet.metadata;
    const generation = templateGenerationOf(daemonSet);
    const template = `${uid} ${generation}`;
    const key = `${namespace}/${name}`;
    let revisions = podRevisions(daemonSet, pods, seen.restoredTemplates.get(key) === template);
    const { current, desired, updated } = daemonSetView(daemonSet);
    if (revisions.isUnclear && current && desired > 0 && updated >= desired) {
      if (!(await hasPodOf(client, daemonSet, generation))) {
        seen.restoredTemplates.set(key, template);
        revisions = podRevisions(daemonSet, pods, true);
      }
    }
    found.push(...revisions.current);
  }
  return found;
}

/**
 * Whether the API server has a pod of this DaemonSet with its template's generation. Those of others are passed by: Multus
 * v3 has a DaemonSet for each architecture, with the same labels.
 */
async function hasPodOf(
  client: KubeClient,
  { metadata: { namespace = "", uid } }: ApiObject,
  generation: string | undefined,
): Promise<boolean> {
  const labelSelector = `app=${UPSTREAM_LABELS.app},pod-template-generation=${generation}`;
  let page: { continue?: string } = {};
  do {
    const { items, metadata } = await client.list<OwnedPod>(PODS, {
      ...{ namespace, labelSelector, limit: PAGE },
      ...(page.continue ? { continue: page.continue } : {}),
    });
    if (items.some((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid))) return true;
    page = metadata;
  } while (page.continue);
  return false;
}

/** Pods that one request asks for. */
const PAGE = 100;

interface OwnedPod extends ApiObject {
  metadata: ApiObject["metadata"] & { ownerReferences?: { uid: string }[] };
}

function readyNodes(pods: readonly MultusPodHealth[]): number {
  return new Set(pods.filter(({ ready }) => ready).map(({ node }) => node)).size;
}
