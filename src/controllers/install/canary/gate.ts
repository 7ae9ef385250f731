import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { type ApiObject, refOf } from "../../../kube/resource.ts";
import { PROBE } from "../../../render/probe-pod.ts";
import { InvalidSpec, ProbeNetworkMissing } from "../errors.ts";
import { revisionOf } from "../rollout/live-workloads.ts";
import type { RolloutState } from "../rollout/next-step.ts";
import type { ReconcileScope } from "../scope.ts";
import { CANARY, Canary, removePod } from "./canary.ts";

/** One text for all DaemonSets of a rollout. */
export function revisionOfAll(daemonSets: readonly KubeObject[]): string {
  return daemonSets.map(revisionOf).join(".").slice(0, 63);
}

/**
 * The canary that holds a rollout back, or undefined where none does: none was asked for, nothing changes,
 * it is the first install, or the canary was passed. Throws a ProbeNetworkMissing before anything is applied.
 */
export async function canaryOf(
  scope: ReconcileScope,
  install: MultusInstall,
  daemonSets: readonly KubeObject[],
  state: RolloutState,
): Promise<Canary | undefined> {
  const wanted = install.spec.rollout.canary;
  if (!wanted) {
    delete scope.findings.rolloutRecord;
    return undefined;
  }
  if (state.obsolete.some(({ ending }) => !ending))
    throw new InvalidSpec(
      "spec.rollout.canary does not work for a change between v3 and v4, which have different DaemonSets: remove it for this change",
    );
  const revision = revisionOfAll(daemonSets);
  const held = daemonSets.some(
    (d) => scope.deps.owned.get(refOf(d))?.metadata.annotations?.[CANARY] === revision,
  );
  const begins = state.live.length > 0 && state.live.some(({ upToDate }) => !upToDate);
  if (!held && !begins) {
    delete scope.findings.rolloutRecord;
    return undefined;
  }
  if (!held) await assertProbeNetwork(scope, install.spec.namespace, wanted.probe);
  const { rollout } = scope.previous;
  const known = rollout?.revision === revision ? rollout : undefined;
  if (known?.state === "Passed") {
    scope.findings.rolloutRecord = known; // until the DaemonSets are seen to be let go
    return undefined;
  }
  return new Canary(scope, install, wanted.probe, wanted.nodes, daemonSets, revision, known);
}

/** Without its network the probe would fail on the first node, a minute later, as if Multus were at fault. */
async function assertProbeNetwork(scope: ReconcileScope, namespace: string, name: string): Promise<void> {
  const ref = { type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name };
  if (await scope.deps.client.get<ApiObject>(ref)) return;
  throw new ProbeNetworkMissing(
    `spec.rollout.canary.probe: there is no NetworkAttachmentDefinition ${namespace}/${name}, and the rollout has not begun: create it in namespace ${namespace}, or name one that exists there`,
  );
}

/** Removes the probes of a canary that ended in the middle: the spec has changed since, or wants none any more. */
export async function removeLeftProbes(scope: ReconcileScope, pods: readonly MultusPodView[]): Promise<void> {
  for (const pod of pods) if (pod.labels.name === PROBE && !pod.terminating) await removePod(scope, pod);
}
