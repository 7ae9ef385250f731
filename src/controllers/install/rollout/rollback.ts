import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { shorten } from "../../../diagnosis/shorten.ts";
import { type ApiObject, CONFIG_MAPS } from "../../../kube/resource.ts";
import { LAST_COMPLETE, restored } from "../../../render/last-complete.ts";
import { objectsOf, renderInstall } from "../../../render/render.ts";
import { revisionOfAll } from "../canary/gate.ts";
import type { ReconcileScope } from "../scope.ts";
import type { Rollout, RolloutPhase } from "./assess.ts";

/** What is put back instead of the spec, and why. */
export interface Rollback {
  install: MultusInstall;
  record: NonNullable<MultusInstallStatus["rollout"]>;
}

/**
 * What ran completely last, where the spec's own rollout has failed and says `rollback`; it holds until the
 * object changes. Undefined where the spec itself is to be applied.
 */
export async function rollbackOf(
  scope: ReconcileScope,
  install: MultusInstall,
): Promise<Rollback | undefined> {
  const record = scope.previous.rollout;
  const { generation } = scope.live.metadata;
  if (!install.spec.rollout.rollback || !record || record.generation !== generation) return undefined;
  if (record.state !== "Failed" && record.state !== "RolledBack") return undefined;
  const ref = { type: CONFIG_MAPS, namespace: install.spec.namespace, name: LAST_COMPLETE };
  const last = restored(install, await scope.deps.client.get<ApiObject>(ref));
  // The same Multus: what keeps it from running is not the change.
  if (!last || revisionOfAll(daemonSetsOf(last)) === record.revision) return undefined;
  return { install: last, record: { ...record, state: "RolledBack" } };
}

/** Faults that any other spec would meet as well: going back mends none of them. */
const NOT_OF_THE_SPEC = ["NodeNotReady", "NotEnding"];

/** Whether what keeps a rollout from moving may be what the spec changed. */
export function isOfTheSpec({ unhealthy }: Pick<Rollout, "unhealthy">): boolean {
  return unhealthy.length === 0 || unhealthy.some(({ reason }) => !NOT_OF_THE_SPEC.includes(reason));
}

/** The record of a rollout that does not move, by which the next look knows that it is to be taken back. */
export function stuckRollout(
  scope: ReconcileScope,
  install: MultusInstall,
  message: string,
): Rollback["record"] {
  return {
    revision: revisionOfAll(daemonSetsOf(install)),
    generation: scope.live.metadata.generation ?? 0,
    state: "Failed",
    message: shorten(message, 1024),
  };
}

/** The verdict over the Multus that was put back, as one over the spec. */
export function rolledBack({ install, record }: Rollback, found: RolloutPhase): RolloutPhase {
  const { version, mode } = install.spec;
  const back = `${record.message}. Put back: ${version} ${mode}`;
  if (found.state === "Complete") return { state: "RolledBack", message: `${back}, on every node` };
  return found.state === "Failing" ? found : { state: "RollingBack", message: `${back} (${found.message})` };
}

function daemonSetsOf(install: MultusInstall): KubeObject[] {
  return objectsOf(renderInstall(install)).filter(({ kind }) => kind === "DaemonSet");
}
