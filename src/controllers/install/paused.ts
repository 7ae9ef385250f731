import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { Result } from "../../kube/controller.ts";
import { type ApiObject, describe, refOf } from "../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import { LAST_COMPLETE } from "../../render/last-complete.ts";
import { objectsOf, type RenderedInstall } from "../../render/render.ts";
import { GUARD } from "../../render/rollout-guard.ts";
import { isOwn } from "../shared/applier.ts";
import type { Adoption } from "./adoption/adoption.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "./inventory/inventory.ts";
import { phase } from "./rollout/assess.ts";
import { observeRollout } from "./rollout/observe.ts";
import { appliedObjects } from "./rollout/roll-out.ts";
import type { ReconcileScope } from "./scope.ts";
import { releaseNodes } from "./startup-taint.ts";

/** No rendered object, and no obsolete one either. */
const KEPT = [NETWORK_DEFINITION, LAST_COMPLETE];

/**
 * A reconcile of an install that is paused: what would be written is found out by dry runs and goes into the status.
 * One write goes on: the startup taint is removed from nodes on which Multus runs, since a node that joins or restarts
 * meanwhile would take no pods otherwise, and the removal changes nothing of Multus.
 */
export async function observePaused(
  scope: ReconcileScope,
  install: MultusInstall,
  rendered: RenderedInstall,
  adoption: Adoption,
): Promise<Result> {
  const { nodeTasks } = scope.deps;
  nodeTasks.abandonLeftovers();
  nodeTasks.forgetDaemons();
  const waiting = await waitingWrites(scope, rendered, adoption);
  const found = await observeRollout(scope, rendered);
  scope.findings.state = { kind: "Paused", phase: phase(found), waiting };
  return await releaseNodes(scope, install, runningDaemonSets(scope, rendered));
}

/** Those that the spec wants, and those that run on until the pause ends: either serves its nodes' pods. */
function runningDaemonSets(scope: ReconcileScope, rendered: RenderedInstall): string[] {
  const entries = [...objectsOf(rendered).map(entryOf), ...scope.findings.inventory];
  return entries.filter(({ kind, name }) => kind === "DaemonSet" && name !== GUARD).map(({ name }) => name);
}

/** What the operator would write if the install were not paused: "apply DaemonSet kube-system/kube-multus-ds". */
async function waitingWrites(
  scope: ReconcileScope,
  rendered: RenderedInstall,
  adoption: Adoption,
): Promise<string[]> {
  const { owned, applier } = scope.deps;
  const waiting: string[] = [];
  for (const object of appliedObjects(rendered, adoption.kept)) {
    const name = describe(refOf(object));
    if (owned.get(refOf(object)) === undefined) waiting.push(`create ${name}`);
    else if (await applier.isDifferent(object, scope.context.signal)) waiting.push(`apply ${name}`);
  }
  const wanted = new Set(objectsOf(rendered).map((object) => entryKey(entryOf(object))));
  const applied = scope.findings.inventory.map(refOfEntry).filter((ref) => isOwned(owned.get(ref)));
  const obsolete = [...adoption.obsolete.map(refOf), ...applied].filter(
    (ref) => !wanted.has(entryKey(entryOfRef(ref))) && !KEPT.includes(ref.name),
  );
  for (const name of new Set(obsolete.map(describe))) waiting.push(`delete ${name}`);
  return waiting;
}

function isOwned(live: ApiObject | undefined): boolean {
  return live !== undefined && isOwn(live) && live.metadata.deletionTimestamp === undefined;
}
