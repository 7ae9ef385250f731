import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { refOf } from "../../../kube/resource.ts";
import { PROBE } from "../../../render/probe-pod.ts";
import { InvalidSpec } from "../errors.ts";
import { revisionOf } from "../rollout/live-workloads.ts";
import type { RolloutState } from "../rollout/next-step.ts";
import type { Run } from "../scope.ts";
import { CANARY, Canary, removePod } from "./canary.ts";

/** One text for all DaemonSets of a rollout. */
export function revisionOfAll(daemonSets: readonly KubeObject[]): string {
  return daemonSets.map(revisionOf).join(".").slice(0, 63);
}

/**
 * The canary that holds a rollout back, or undefined where none does: none was asked for, nothing changes,
 * it is the first install, or the canary was passed.
 */
export function canaryOf(
  run: Run,
  install: MultusInstall,
  daemonSets: readonly KubeObject[],
  state: RolloutState,
): Canary | undefined {
  const wanted = install.spec.rollout.canary;
  if (!wanted) {
    delete run.findings.rolloutRecord;
    return undefined;
  }
  if (state.obsolete.some(({ ending }) => !ending))
    throw new InvalidSpec(
      "spec.rollout.canary does not work for a change between v3 and v4, which have different DaemonSets: remove it for this change",
    );
  const revision = revisionOfAll(daemonSets);
  const held = daemonSets.some(
    (d) => run.deps.owned.get(refOf(d))?.metadata.annotations?.[CANARY] === revision,
  );
  const begins = state.live.length > 0 && state.live.some(({ upToDate }) => !upToDate);
  if (!held && !begins) {
    delete run.findings.rolloutRecord;
    return undefined;
  }
  const { rollout } = run.previous;
  const known = rollout?.revision === revision ? rollout : undefined;
  if (known?.state === "Passed") {
    run.findings.rolloutRecord = known; // until the DaemonSets are seen to be let go
    return undefined;
  }
  return new Canary(run, install, wanted.probe, wanted.nodes, daemonSets, revision, known);
}

/** Removes the probes of a canary that ended in the middle: the spec has changed since, or wants none any more. */
export async function removeLeftProbes(run: Run, pods: readonly MultusPodView[]): Promise<void> {
  for (const pod of pods) if (pod.labels.name === PROBE && !pod.terminating) await removePod(run, pod);
}
