import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { Result } from "../../../kube/controller.ts";
import { type ApiObject, describe, refOf } from "../../../kube/resource.ts";
import { flavourOf } from "../../../multus/releases.ts";
import { multusSubjects } from "../../../render/access.ts";
import { lastComplete } from "../../../render/last-complete.ts";
import { objectsOf, type RenderedInstall } from "../../../render/render.ts";
import { rolloutGuard } from "../../../render/rollout-guard.ts";
import { taskOwner } from "../../nodes/task-owner.ts";
import { templateOf } from "../../shared/applier.ts";
import { withoutTemplate } from "../adoption/adoption.ts";
import { canaryOf, removeLeftProbes } from "../canary/gate.ts";
import { entryOfRef, refOfEntry } from "../inventory/inventory.ts";
import { deleteOwned, prune, recordInventory } from "../inventory/prune.ts";
import type { ReconcileScope } from "../scope.ts";
import { phase, type Rollout, type RolloutPhase } from "./assess.ts";
import { removeLeftovers } from "./leftovers.ts";
import { guardRef, marked, obsoleteDaemonSets, revisionOf, workloadState } from "./live-workloads.ts";
import { nextStep, type RolloutState, type RolloutStep } from "./next-step.ts";
import { observeRollout } from "./observe.ts";
import { reportRepair } from "./repair.ts";
import { allowsAll } from "./retained-rights.ts";
import { withPrevious } from "./subjects.ts";

/** Waiting ends by itself when a node does not answer, and no event tells of that. */
const RECHECK_SECONDS = 5;

/**
 * Applies what was rendered, in the order that leaves no pod without its networks while one Multus is
 * exchanged for another, and says how far that is.
 *
 * @param kept DaemonSets that were adopted and whose pods stay as they were found
 * @param mayHold whether a canary may hold the rollout back; none does a rollback
 */
export async function rollOut(
  scope: ReconcileScope,
  install: MultusInstall,
  rendered: RenderedInstall,
  kept: ReadonlySet<KubeObject> = new Set(),
  mayHold = true,
): Promise<{ phase: RolloutPhase; result: Result }> {
  const objects = objectsOf(rendered);
  const daemonSets = objects.filter(isDaemonSet);
  // recordInventory has named some that were not watched yet.
  await scope.deps.owned.watch(scope.findings.inventory.map(refOfEntry), scope.context.signal);
  const pods = await scope.deps.pods(install.spec.namespace);
  const state = await workloadState(scope, daemonSets, pods);
  const canary = mayHold ? await canaryOf(scope, install, daemonSets, state) : undefined;
  if (!canary) await removeLeftProbes(scope, pods);
  const step = await confirmed(scope, install, state, nextStep(state));
  for (const object of objects)
    if (!isDaemonSet(object) && !isNeededByPreviousPods(scope, state, object))
      await applyObject(scope, forPreviousPods(scope, install, object), install.spec.adopt);
  // After the objects: its pods run under Multus' account.
  scope.deps.nodeTasks.releaseShims(
    taskOwner(install),
    pods.filter(({ isDaemon }) => isDaemon),
    flavourOf(install.spec) === "v4-thick",
  );
  switch (step.kind) {
    case "Guard":
      await raiseGuard(scope, install, state);
      break;
    case "RemovePrevious":
      for (const ref of obsoleteDaemonSets(scope, daemonSets))
        if (state.obsolete.some((w) => w.name === ref.name && w.deletesConfiguration))
          await deleteOwned(scope, entryOfRef(ref));
      break;
    case "Apply":
      for (const daemonSet of daemonSets)
        await applyObject(
          scope,
          canary ? canary.held(applied(daemonSet, kept)) : applied(daemonSet, kept),
          install.spec.adopt || kept.has(daemonSet),
        );
  }
  const rollout = await observeRollout(scope, rendered);
  if (step.kind !== "Apply" || canary) scope.deps.nodeTasks.abandonLeftovers();
  if (step.kind !== "Apply")
    return {
      phase: { state: "Progressing", message: step.message },
      result: { requeueAfterSeconds: RECHECK_SECONDS },
    };
  const held = await canary?.advance();
  if (canary)
    return {
      phase: held ?? { state: "Progressing", message: "the canary has passed" },
      result: held?.state === "RolloutFailed" ? {} : { requeueAfterSeconds: held ? RECHECK_SECONDS : 1 },
    };
  return await settle(scope, install, rendered, rollout);
}

/** The exchange is over where every node runs what the spec wants: what was before goes, and is forgotten. */
async function settle(
  scope: ReconcileScope,
  install: MultusInstall,
  rendered: RenderedInstall,
  rollout: Rollout,
): Promise<{ phase: RolloutPhase; result: Result }> {
  const found = phase(rollout);
  const { recheckAfterSeconds: next } = rollout;
  const asFound = { phase: found, result: next === undefined ? {} : { requeueAfterSeconds: next } };
  // An earlier Multus' configuration beside the new one is no reason to wait, but what is to be mended here.
  const unhealthy = rollout.unhealthy.filter(({ reason }) => reason !== "CompetingConfigurations");
  const runs = phase({ ...rollout, unhealthy });
  if (!["Complete", "Inspecting", "NoNodes"].includes(runs.state)) {
    scope.deps.nodeTasks.abandonLeftovers();
    return asFound;
  }
  const objects = objectsOf(rendered);
  for (const object of objects.filter(isBinding)) await applyObject(scope, object, install.spec.adopt);
  const record = lastComplete(install);
  const before = scope.deps.owned.get(refOf(record));
  const isReplacement = before !== undefined && !isDeepStrictEqual(before.data, record.data);
  const daemonSets = objects.filter(isDaemonSet);
  const { unclean, failed, warnings } = await removeLeftovers(
    scope,
    install,
    daemonSets.map(({ metadata }) => metadata.name),
    daemonSets.map(revisionOf).join(),
    await scope.deps.pods(install.spec.namespace),
  );
  scope.findings.nodeWarnings = [...(scope.findings.nodeWarnings ?? []), ...warnings];
  const isOver = runs.state === "Complete" && !(isReplacement && unclean > 0);
  // Nothing that never ran is worth going back to.
  if (isOver) await keep(scope, record);
  // Until the last pod of the earlier Multus was gone it might start again, and need what it was started with.
  await prune(scope, before || isOver ? [...objects, record] : objects);
  const left = unclean + failed;
  const result =
    left === 0 ? asFound.result : { requeueAfterSeconds: Math.min(next ?? RECHECK_SECONDS, RECHECK_SECONDS) };
  if (runs.state !== "Complete" || isOver) return { phase: found, result };
  const message = `${runs.message}; removing what the earlier Multus left on ${unclean} of them`;
  return { phase: { state: "Inspecting", message }, result };
}

/** What a rollback would put back: kept also where none is asked for yet, since it may be with the next change. */
async function keep(scope: ReconcileScope, record: KubeObject): Promise<void> {
  await recordInventory(scope, [record]);
  await applyObject(scope, record);
}

/** The rendered objects as they are applied. */
export function appliedObjects(rendered: RenderedInstall, kept: ReadonlySet<KubeObject>): KubeObject[] {
  return objectsOf(rendered).map((object) => applied(object, kept));
}

/** A DaemonSet carries the mark of its template also where the template in the cluster says the same in other words. */
function applied(object: KubeObject, kept: ReadonlySet<KubeObject>): KubeObject {
  if (!isDaemonSet(object)) return object;
  return kept.has(object) ? withoutTemplate(marked(object)) : marked(object);
}

/** @param adopt whether fields that others hold are taken */
async function applyObject(scope: ReconcileScope, object: KubeObject, adopt = false): Promise<void> {
  const written = await scope.deps.applier.apply(object, scope.context.signal, adopt);
  if (!written) return;
  scope.context.log.info({ applied: describe(refOf(object)) }, "applied");
  if (written.isRepair) await reportRepair(scope, written);
}

/**
 * The watch's copy of the guard may be from before its deletion, by the end of the last rollout or by a user. Before
 * pods of Multus end, the API server itself is asked.
 */
async function confirmed(
  scope: ReconcileScope,
  install: MultusInstall,
  state: RolloutState,
  step: RolloutStep,
): Promise<RolloutStep> {
  const replaced = [...state.obsolete, ...state.live.filter(({ upToDate }) => !upToDate)];
  const relies = state.guard && replaced.some(({ deletesConfiguration }) => deletesConfiguration);
  if (step.kind === "Guard" || !relies) return step;
  const ref = guardRef(install.spec.namespace);
  const found = await scope.deps.client.get<ApiObject>(ref);
  const isThere = found !== undefined && found.metadata.deletionTimestamp === undefined;
  if (isThere && found.metadata.uid === scope.deps.owned.get(ref)?.metadata.uid) return step;
  return { kind: "Guard", message: "waiting for the end of an earlier guard before Multus is replaced" };
}

/** A guard that is there stays as it is: a new template would take it off the nodes for a moment. */
async function raiseGuard(scope: ReconcileScope, install: MultusInstall, state: RolloutState): Promise<void> {
  if (state.guard) return;
  const replaced = [...state.obsolete, ...state.live].find(
    ({ deletesConfiguration }) => deletesConfiguration,
  );
  const { namespace } = install.spec;
  const live = replaced && scope.deps.owned.get({ ...guardRef(namespace), name: replaced.name });
  const guard = live ? rolloutGuard(install, templateOf(live)) : [];
  await scope.deps.owned.watch(guard.map(refOf), scope.context.signal);
  await recordInventory(scope, guard);
  for (const object of guard) await applyObject(scope, object);
}

/** Pods of the earlier Multus keep their rights until they are gone: a role only grows meanwhile. */
function isNeededByPreviousPods(scope: ReconcileScope, state: RolloutState, object: KubeObject): boolean {
  if (object.kind !== "ClusterRole") return false;
  const isUnderWay = state.guard || state.obsolete.length > 0 || state.live.some((w) => !w.upToDate);
  return isUnderWay && allowsAll(scope.deps.owned.get(refOf(object))?.rules, object.rules);
}

/** Whoever the earlier pods are to the API server, a service account or a certificate's group, keeps its rights. */
function forPreviousPods(scope: ReconcileScope, install: MultusInstall, object: KubeObject): KubeObject {
  if (!isBinding(object)) return object;
  const live = scope.deps.owned.get(refOf(object))?.subjects;
  return { ...object, subjects: withPrevious(live, object.subjects, multusSubjects(install)) };
}

function isBinding({ kind }: KubeObject): boolean {
  return kind === "ClusterRoleBinding";
}

function isDaemonSet({ kind }: KubeObject): boolean {
  return kind === "DaemonSet";
}
