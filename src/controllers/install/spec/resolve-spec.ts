import { formatProblem } from "../../../crds/field-problem.ts";
import { type MultusInstall, parseMultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { type ApiObject, CONFIG_MAPS } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { LAST_COMPLETE, restored } from "../../../render/last-complete.ts";
import { type RenderedInstall, renderInstall } from "../../../render/render.ts";
import { InvalidSpec } from "../errors.ts";
import { revisionOfAll } from "../rollout/live-workloads.ts";
import { failedRollout, type Rollback } from "../rollout/rollback.ts";
import type { ReconcileScope } from "../scope.ts";
import { withDistribution } from "./distribution.ts";

/** What is to be in the cluster: the spec with nothing left open, and what was rendered from it. */
export interface ResolvedSpec {
  install: MultusInstall;
  rendered: RenderedInstall;
  distribution: MultusInstallStatus["distribution"];
  /** The spec is not the object's own, but the one that ran completely last. */
  rollback?: Rollback;
}

/**
 * Parses the spec, or takes the one that ran last if a rollout is to be rolled back, finds the distribution, and
 * renders. Throws an InvalidSpec or a RenderError.
 */
export async function resolveSpec(scope: ReconcileScope): Promise<ResolvedSpec> {
  const spec = parse(scope.live);
  return (await rolledBackSpec(scope, spec)) ?? (await rendered(scope, spec));
}

async function rolledBackSpec(scope: ReconcileScope, spec: MultusInstall): Promise<ResolvedSpec | undefined> {
  const failed = failedRollout(spec, scope.previous, scope.live.metadata.generation);
  if (!failed) return undefined;
  const ref = { type: CONFIG_MAPS, namespace: spec.spec.namespace, name: LAST_COMPLETE };
  const last = restored(spec, await scope.deps.client.get<ApiObject>(ref));
  const resolved = last && (await rendered(scope, last));
  // The same Multus: what keeps it from running is not the change.
  if (!resolved || revisionOfAll(daemonSetsOf(resolved.rendered)) === failed.revision) return undefined;
  return { ...resolved, rollback: { install: resolved.install, record: { ...failed, state: "RolledBack" } } };
}

async function rendered(scope: ReconcileScope, spec: MultusInstall): Promise<ResolvedSpec> {
  const { install, distribution } = await withDistribution(scope, spec);
  return { install, rendered: renderInstall(install), distribution };
}

function daemonSetsOf(install: RenderedInstall) {
  return install.objects.filter(isMultusDaemonSet);
}

function parse(live: ApiObject): MultusInstall {
  const parsed = parseMultusInstall(live);
  if (!parsed.ok) throw new InvalidSpec(parsed.problems.map(formatProblem).join("; "));
  return parsed.value;
}
