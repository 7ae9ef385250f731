import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { refOf } from "../../../kube/resource.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import { revisionOfAll } from "../rollout/live-workloads.ts";
import type { RolloutRecord } from "../rollout/rollout-record.ts";
import type { RolloutState } from "../rollout/rollout-step.ts";

/** On a DaemonSet while a canary holds it back; the value is the revision that is tried. */
const CANARY = "multus-operator.dev/canary";

/** A canary that holds a rollout back. */
export interface Trial {
  /** The name of the NetworkAttachmentDefinition that its probes request, in the install's namespace. */
  network: string;
  /** How many nodes it tries. */
  count: number;
  revision: string;
  /** What the status has of this very canary. */
  record: RolloutRecord | undefined;
  /** The DaemonSets do not have the new template yet. */
  begins: boolean;
}

export type Gate =
  /** Nothing holds the rollout. `record`: what the status keeps of a canary that has passed. */
  | { kind: "Open"; record?: RolloutRecord }
  | { kind: "Held"; trial: Trial }
  | { kind: "Rejected"; message: string };

/** What is known of a rollout that a canary may hold back. */
export interface GateView {
  /** Those of the spec. */
  daemonSets: readonly KubeObject[];
  workloads: RolloutState;
  live: LiveObjects;
  /** What the status has. */
  previous: RolloutRecord | undefined;
}

/**
 * Whether a canary holds a rollout back. None does if none was asked for, if nothing changes, at the first install, or
 * after the canary has passed.
 */
export function canaryGate(
  install: MultusInstall,
  { daemonSets, workloads, live, previous }: GateView,
): Gate {
  const wanted = install.spec.rollout.canary;
  if (!wanted) return { kind: "Open" };
  const isV3 = daemonSets.some(({ metadata }) => isNameOfV3(metadata.name));
  if (workloads.obsolete.some(({ ending, name }) => !ending && isNameOfV3(name) !== isV3))
    return {
      kind: "Rejected",
      message:
        "spec.rollout.canary does not work for a change between v3 and v4, which have different DaemonSets: remove it for this change",
    };
  const revision = revisionOfAll(daemonSets);
  const isHeld = daemonSets.some((d) => live.get(refOf(d))?.metadata.annotations?.[CANARY] === revision);
  const begins = workloads.live.some(({ upToDate }) => !upToDate);
  if (!isHeld && !begins) return { kind: "Open" };
  const record = previous?.revision === revision ? previous : undefined;
  // Kept until the DaemonSets are seen without the canary's mark.
  if (record?.state === "Passed") return { kind: "Open", record };
  return {
    kind: "Held",
    trial: { network: wanted.probe, count: wanted.nodes, revision, record, begins: !isHeld },
  };
}

/** v3 has a DaemonSet for each architecture (render/workload.ts); one that the spec no longer has is only removed. */
function isNameOfV3(daemonSet: string): boolean {
  return daemonSet.startsWith("kube-multus-ds-");
}

/** The DaemonSet as the canary applies it: a pod gets the new template only when the old one is deleted. */
export function heldBack(daemonSet: KubeObject, revision: string): KubeObject {
  const { metadata, spec } = daemonSet;
  const annotations = { ...metadata.annotations, [CANARY]: revision };
  return {
    ...daemonSet,
    metadata: { ...metadata, annotations },
    spec: { ...(spec as object), updateStrategy: { type: "OnDelete" } },
  };
}
