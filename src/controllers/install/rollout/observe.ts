import { nextLookSeconds, unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import { daemonSetView } from "../../../diagnosis/multus-pod.ts";
import { joined } from "../../../diagnosis/node-checks.ts";
import { DAEMON_SETS, describe, refOf } from "../../../kube/resource.ts";
import { objectsOf, type RenderedInstall } from "../../../render/render.ts";
import { isStarting, STARTING_SECONDS, withFailedMounts } from "../observe/failed-mounts.ts";
import { nodeLooks } from "../observe/inspection-plan.ts";
import { withMissingSecrets } from "../observe/missing-secrets.ts";
import type { Run } from "../scope.ts";
import { type Rollout, rollout } from "./assess.ts";

/** The rollout as the cluster shows it now; kept in the findings too. */
export async function look(run: Run, rendered: RenderedInstall): Promise<Rollout> {
  const { owned, applier } = run.deps;
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
  const pods = (await run.deps.pods(namespace)).filter((pod) => names.has(pod.daemonSet));
  const now = run.deps.now();
  const explained = await withFailedMounts(run, namespace, await withMissingSecrets(run, namespace, pods));
  const nodes = await run.deps.nodes();
  const looked = await nodeLooks(run, pods);
  const unhealthy = joined(unhealthyNodes(explained, now, nodes), looked.unhealthy);
  const looks = [
    ...[nextLookSeconds(pods, now) ?? [], pods.some(isStarting) ? STARTING_SECONDS : []].flat(),
    ...looked.againSeconds,
  ];
  const lookAgainSeconds = looks.length > 0 ? Math.min(...looks) : undefined;
  const answering = new Set(nodes.filter(({ reachable }) => reachable).map(({ name }) => name));
  const found = rollout(refs.length, daemonSets, unhealthy, {
    ending: ending.map(describe),
    leaving: pods.filter(({ terminating, node }) => terminating && answering.has(node)).length,
    unseen: isReadyAlready(run) ? [] : looked.unseen.filter((node) => answering.has(node)),
  });
  run.findings.rollout = found;
  return lookAgainSeconds === undefined ? found : { ...found, lookAgainSeconds };
}

/** Ready is said once the nodes were seen; from then on it stands until something speaks against it, also after a restart. */
function isReadyAlready({ live, previous }: Run): boolean {
  const ready = previous.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && ready.observedGeneration === live.metadata.generation;
}
