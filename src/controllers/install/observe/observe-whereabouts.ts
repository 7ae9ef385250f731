import type { KubeObject } from "../../../crds/kube-object.ts";
import { counted } from "../../../crds/plural.ts";
import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import { secondsToStable, type UnhealthyNode, unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { type ApiObject, refOf } from "../../../kube/resource.ts";
import { WHEREABOUTS } from "../../../render/whereabouts-names.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import type { Rollout } from "../rollout/assess.ts";

/** The DaemonSet of whereabouts that a spec wants; undefined if it wants none. */
export function whereaboutsDaemonSet(objects: readonly KubeObject[]): KubeObject | undefined {
  return objects.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name === WHEREABOUTS);
}

/** What is known of whereabouts on the nodes. */
export interface WhereaboutsView {
  owned: LiveObjects;
  /** The pods with its label. */
  pods: readonly MultusPodHealth[];
  ages: PodAges;
  nodes: readonly NodeView[];
  /** Whether the copy of its DaemonSet shows the operator's last write. */
  hasSeenWrite: (live: ApiObject) => boolean;
}

/**
 * The rollout of Multus with that of whereabouts: the install is Ready only if both run on every node that should have
 * them, and a whereabouts that fails makes its node unhealthy.
 */
export function withWhereabouts(
  rollout: Rollout,
  wanted: KubeObject | undefined,
  { owned, pods, ages, nodes, hasSeenWrite }: WhereaboutsView,
): Rollout {
  if (!wanted) return rollout;
  const live = owned.get(refOf(wanted));
  const own = pods.filter(({ daemonSet }) => daemonSet === WHEREABOUTS);
  const waiting = waitingFor(live, live !== undefined && hasSeenWrite(live));
  const failing = unhealthyNodes(own, ages, nodes).filter((entry) => !isReported(rollout, entry));
  const rechecks = [rollout.recheckAfterSeconds, secondsToStable(own, ages)].filter((s) => s !== undefined);
  return {
    ...rollout,
    unhealthy: [...rollout.unhealthy, ...failing.map(asOfWhereabouts)],
    ...(waiting === undefined ? {} : { waiting }),
    ...(waiting === undefined && failing.length === 0 ? {} : { ofMultus: rollout }),
    ...(rechecks.length > 0 ? { recheckAfterSeconds: Math.min(...rechecks) } : {}),
  };
}

/** A node that is down has one problem, not one for each of its pods. */
function isReported({ unhealthy }: Rollout, { node, reason }: UnhealthyNode): boolean {
  return (
    reason === "NodeNotReady" && unhealthy.some((other) => other.node === node && other.reason === reason)
  );
}

/** What is still waited for, as a part of a sentence; undefined if whereabouts runs on every node. */
function waitingFor(live: ApiObject | undefined, isSeen: boolean): string | undefined {
  if (!live || live.metadata.deletionTimestamp) return `DaemonSet ${WHEREABOUTS} is being created`;
  const { current, desired, updated, available } = daemonSetView(live);
  if (!current || !isSeen) return `the DaemonSet controller has not seen the newest ${WHEREABOUTS} yet`;
  if (updated >= desired && available >= desired) return undefined;
  return `${WHEREABOUTS}: ${updated} of ${counted(desired, "node")} updated, ${available} available`;
}

/** The diagnosis is written for Multus' pods; of these, other fields set the image, and the program is another. */
function asOfWhereabouts({ message, ...entry }: UnhealthyNode): UnhealthyNode {
  const own = message
    .replaceAll("spec.image", "spec.whereabouts.image")
    .replaceAll("Multus'", "whereabouts'")
    .replace(/\bMultus\b/g, WHEREABOUTS);
  return { ...entry, message: `${WHEREABOUTS}: ${own}` };
}
