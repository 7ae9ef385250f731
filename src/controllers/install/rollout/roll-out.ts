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
import type { Run } from "../scope.ts";
import { type Rollout, type Verdict, verdict } from "./assess.ts";
import { cleanEarlierMultus } from "./leftovers.ts";
import { guardRef, marked, obsoleteDaemonSets, revisionOf, workloadState } from "./live-workloads.ts";
import { nextStep, type RolloutState, type RolloutStep } from "./next-step.ts";
import { look } from "./observe.ts";
import { reportRepair } from "./repair.ts";
import { allowsAll } from "./retained-rights.ts";
import { withEarlier } from "./subjects.ts";

/** Waiting ends by itself when a node does not answer, and no event tells of that. */
const SECONDS_BETWEEN_LOOKS = 5;

/**
 * Applies what was rendered, in the order that leaves no pod without its networks while one Multus is
 * exchanged for another, and says how far that is.
 *
 * @param kept DaemonSets that were adopted and whose pods stay as they were found
 * @param mayHold whether a canary may hold the rollout back; none does a rollback
 */
export async function exchange(
  run: Run,
  install: MultusInstall,
  rendered: RenderedInstall,
  kept: ReadonlySet<KubeObject> = new Set(),
  mayHold = true,
): Promise<{ verdict: Verdict; result: Result }> {
  const objects = objectsOf(rendered);
  const daemonSets = objects.filter(isDaemonSet);
  // recordInventory has named some that were not watched yet.
  await run.deps.owned.watch(run.findings.inventory.map(refOfEntry), run.context.signal);
  const pods = await run.deps.pods(install.spec.namespace);
  const state = await workloadState(run, daemonSets, pods);
  const canary = mayHold ? await canaryOf(run, install, daemonSets, state) : undefined;
  if (!canary) await removeLeftProbes(run, pods);
  const step = await confirmed(run, install, state, nextStep(state));
  for (const object of objects)
    if (!isDaemonSet(object) && !isHeldByEarlierPods(run, state, object))
      await applyObject(run, forEarlierPods(run, install, object), install.spec.adopt);
  // After the objects: its pods run under Multus' account.
  run.deps.nodeTasks.releaseShims(
    taskOwner(install),
    pods.filter(({ isDaemon }) => isDaemon),
    flavourOf(install.spec) === "v4-thick",
  );
  switch (step.kind) {
    case "Guard":
      await raiseGuard(run, install, state);
      break;
    case "HandOver":
      for (const ref of obsoleteDaemonSets(run, daemonSets))
        if (state.obsolete.some((w) => w.name === ref.name && w.deletesConfiguration))
          await deleteOwned(run, entryOfRef(ref));
      break;
    case "Apply":
      for (const daemonSet of daemonSets)
        await applyObject(
          run,
          canary ? canary.held(applied(daemonSet, kept)) : applied(daemonSet, kept),
          install.spec.adopt || kept.has(daemonSet),
        );
  }
  const rollout = await look(run, rendered);
  if (step.kind !== "Apply" || canary) run.deps.nodeTasks.abandonEarlier();
  if (step.kind !== "Apply")
    return {
      verdict: { state: "Progressing", message: step.message },
      result: { requeueAfterSeconds: SECONDS_BETWEEN_LOOKS },
    };
  const held = await canary?.advance();
  if (canary)
    return {
      verdict: held ?? { state: "Progressing", message: "the canary has passed" },
      result:
        held?.state === "RolloutFailed" ? {} : { requeueAfterSeconds: held ? SECONDS_BETWEEN_LOOKS : 1 },
    };
  return await settle(run, install, rendered, rollout);
}

/** The exchange is over where every node runs what the spec wants: what was before goes, and is forgotten. */
async function settle(
  run: Run,
  install: MultusInstall,
  rendered: RenderedInstall,
  rollout: Rollout,
): Promise<{ verdict: Verdict; result: Result }> {
  const found = verdict(rollout);
  const { lookAgainSeconds: next } = rollout;
  const asFound = { verdict: found, result: next === undefined ? {} : { requeueAfterSeconds: next } };
  // An earlier Multus' configuration beside the new one is no reason to wait, but what is to be mended here.
  const unhealthy = rollout.unhealthy.filter(({ reason }) => reason !== "CompetingConfigurations");
  const runs = verdict({ ...rollout, unhealthy });
  if (!["Complete", "Looking", "NoNodes"].includes(runs.state)) {
    run.deps.nodeTasks.abandonEarlier();
    return asFound;
  }
  const objects = objectsOf(rendered);
  for (const object of objects.filter(isBinding)) await applyObject(run, object, install.spec.adopt);
  const record = lastComplete(install);
  const before = run.deps.owned.get(refOf(record));
  const isExchange = before !== undefined && !isDeepStrictEqual(before.data, record.data);
  const daemonSets = objects.filter(isDaemonSet);
  const { unclean, failed, warnings } = await cleanEarlierMultus(
    run,
    install,
    daemonSets.map(({ metadata }) => metadata.name),
    daemonSets.map(revisionOf).join(),
    await run.deps.pods(install.spec.namespace),
  );
  run.findings.nodeWarnings = [...(run.findings.nodeWarnings ?? []), ...warnings];
  const isOver = runs.state === "Complete" && !(isExchange && unclean > 0);
  // Nothing that never ran is worth going back to.
  if (isOver) await keep(run, record);
  // Until the last pod of the earlier Multus was gone it might start again, and need what it was started with.
  await prune(run, before || isOver ? [...objects, record] : objects);
  const left = unclean + failed;
  const result =
    left === 0
      ? asFound.result
      : { requeueAfterSeconds: Math.min(next ?? SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_LOOKS) };
  if (runs.state !== "Complete" || isOver) return { verdict: found, result };
  const message = `${runs.message}; removing what the earlier Multus left on ${unclean} of them`;
  return { verdict: { state: "Looking", message }, result };
}

/** What a rollback would put back: kept also where none is asked for yet, since it may be with the next change. */
async function keep(run: Run, record: KubeObject): Promise<void> {
  await recordInventory(run, [record]);
  await applyObject(run, record);
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
async function applyObject(run: Run, object: KubeObject, adopt = false): Promise<void> {
  const written = await run.deps.applier.apply(object, run.context.signal, adopt);
  if (!written) return;
  run.context.log.info({ applied: describe(refOf(object)) }, "applied");
  if (written.isRepair) await reportRepair(run, written);
}

/**
 * The watch's copy of the guard may be from before its deletion, by the end of the last rollout or by a user. Before
 * pods of Multus end, the API server itself is asked.
 */
async function confirmed(
  run: Run,
  install: MultusInstall,
  state: RolloutState,
  step: RolloutStep,
): Promise<RolloutStep> {
  const replaced = [...state.obsolete, ...state.live.filter(({ upToDate }) => !upToDate)];
  const relies = state.guard && replaced.some(({ deletesConfiguration }) => deletesConfiguration);
  if (step.kind === "Guard" || !relies) return step;
  const ref = guardRef(install.spec.namespace);
  const found = await run.deps.client.get<ApiObject>(ref);
  const isThere = found !== undefined && found.metadata.deletionTimestamp === undefined;
  if (isThere && found.metadata.uid === run.deps.owned.get(ref)?.metadata.uid) return step;
  return { kind: "Guard", message: "waiting for the end of an earlier guard before Multus is replaced" };
}

/** A guard that is there stays as it is: a new template would take it off the nodes for a moment. */
async function raiseGuard(run: Run, install: MultusInstall, state: RolloutState): Promise<void> {
  if (state.guard) return;
  const replaced = [...state.obsolete, ...state.live].find(
    ({ deletesConfiguration }) => deletesConfiguration,
  );
  const { namespace } = install.spec;
  const live = replaced && run.deps.owned.get({ ...guardRef(namespace), name: replaced.name });
  const guard = live ? rolloutGuard(install, templateOf(live)) : [];
  await run.deps.owned.watch(guard.map(refOf), run.context.signal);
  await recordInventory(run, guard);
  for (const object of guard) await applyObject(run, object);
}

/** Pods of the earlier Multus keep their rights until they are gone: a role only grows meanwhile. */
function isHeldByEarlierPods(run: Run, state: RolloutState, object: KubeObject): boolean {
  if (object.kind !== "ClusterRole") return false;
  const isUnderWay = state.guard || state.obsolete.length > 0 || state.live.some((w) => !w.upToDate);
  return isUnderWay && allowsAll(run.deps.owned.get(refOf(object))?.rules, object.rules);
}

/** Whoever the earlier pods are to the API server, a service account or a certificate's group, keeps its rights. */
function forEarlierPods(run: Run, install: MultusInstall, object: KubeObject): KubeObject {
  if (!isBinding(object)) return object;
  const live = run.deps.owned.get(refOf(object))?.subjects;
  return { ...object, subjects: withEarlier(live, object.subjects, multusSubjects(install)) };
}

function isBinding({ kind }: KubeObject): boolean {
  return kind === "ClusterRoleBinding";
}

function isDaemonSet({ kind }: KubeObject): boolean {
  return kind === "DaemonSet";
}
