import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../crds/kube-object.ts";
import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../crds/multus-install/status.ts";
import { counted } from "../../crds/plural.ts";
import { CLUSTER_ROLE_BINDINGS, describe, refOf } from "../../kube/resource.ts";
import { hasCertificates } from "../../multus/daemon-config.ts";
import { flavourOf } from "../../multus/releases.ts";
import { MULTUS_GROUP, multusSubjects } from "../../render/access.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import { LAST_COMPLETE, lastComplete } from "../../render/last-complete.ts";
import { PROBE } from "../../render/probe-pod.ts";
import { GUARD, rolloutGuard } from "../../render/rollout-guard.ts";
import { isOwn, templateOf } from "../shared/applier.ts";
import { taskOwner } from "../shared/node-tasks.ts";
import type { Action } from "./actions/actions.ts";
import { takeovers } from "./adoption/plan-adoption.ts";
import { canaryStep } from "./canary/canary.ts";
import { heldBack, type RolloutStatus } from "./canary/gate.ts";
import { InvalidSpec, ProbeNetworkMissing } from "./errors.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "./inventory/inventory.ts";
import type { Observed } from "./observe/observe.ts";
import { asApplied } from "./rollout/as-applied.ts";
import { phaseOf, type Rollout, type RolloutPhase } from "./rollout/assess.ts";
import { guardRef, obsoleteDaemonSets } from "./rollout/live-workloads.ts";
import { nextStep, type RolloutStep } from "./rollout/next-step.ts";
import { allowsAll } from "./rollout/retained-rights.ts";
import { startupTaintStep } from "./rollout/startup-taint.ts";
import { groupsOf, withPrevious } from "./rollout/subjects.ts";
import { FINALIZER } from "./scope.ts";
import type { ResolvedSpec } from "./spec/resolve-spec.ts";
import type { InstallState } from "./status/conditions.ts";
import type { InventoryEntry } from "./status/status.ts";

/** A wait ends without an event if a node does not answer. */
const RECHECK_SECONDS = 5;

/** What a reconcile does, and what its status shows once it is done. */
export interface Plan {
  actions: readonly Action[];
  /** What follows if `actions` changed no DaemonSet. */
  unchanged: Step;
  /** What follows if they did: the rollout that was observed is over then. */
  changed: Step;
}

export interface Step {
  actions: readonly Action[];
  /** Undefined if the object is gone: there is no status to write. */
  state?: InstallState | undefined;
  /** For the status, with what the nodes' inspections found; undefined: it shows neither. */
  rollout?: Rollout;
  /** For status.rollout. */
  record?: RolloutStatus | undefined;
  /** Warnings about what is left on nodes. */
  warnings?: readonly string[];
  startupTaint?: MultusInstallStatus["startupTaint"];
  /** In how many seconds the next reconcile is due, though nothing has changed; the soonest applies. */
  rechecks: readonly number[];
}

/**
 * What to do next to get from what was observed to what the spec wants, in the order that leaves no pod without its
 * networks. A pure function: each plan is safe to carry out again, and follows from what is there alone.
 */
export function decide(spec: ResolvedSpec, observed: Observed): Plan {
  const { install } = spec;
  if (install.spec.paused) return paused(spec, observed);
  const objects = spec.rendered.objects;
  const { adoption, gate, workloads } = observed;
  const taken = takeovers(adoption.taken);
  const preparation: Action[] = [
    certificates(install, observed),
    ...rehearsal(objects, observed),
    ...rejections(observed, install),
    ...finalizer(observed),
    ...taken,
    ...(taken.length > 0 ? adoption.notes.map((note): Action => ({ kind: "ReportAdoption", note })) : []),
    { kind: "Record", entries: [...objects, ...adoption.obsolete].map(entryOf) },
  ];
  // What follows depends on whose the objects are by now, which the watches have yet to show.
  if (taken.length > 0) return { actions: preparation, ...always(TAKING_OVER) };
  const step = nextStep(workloads);
  const isHeld = gate.kind === "Held";
  const actions: Action[] = [
    ...preparation,
    ...(isHeld ? [] : outdatedProbes(observed)),
    ...applies(install, objects, observed),
    releaseShims(install, observed), // after the objects: its pods run under Multus' account
    ...workloadActions(step, spec, observed),
    { kind: "Inspect", plan: observed.inspectionPlan },
    ...(step.kind !== "Apply" || isHeld ? [{ kind: "AbandonLeftovers" } as const] : []),
  ];
  return {
    actions,
    unchanged: withTaint(install, observed, following(step, spec, observed)),
    changed: withTaint(install, observed, following(step, spec, withChangedDaemonSets(observed))),
  };
}

/** Nothing but the certificates of running daemons and the startup taint goes on while an install is paused. */
function paused(spec: ResolvedSpec, observed: Observed): Plan {
  const { install } = spec;
  const { inspectionPlan, inventory, rollout } = observed;
  const entries = [...spec.rendered.objects.map(entryOf), ...inventory];
  const running = entries.filter(({ kind, name }) => kind === "DaemonSet" && name !== GUARD);
  const state: InstallState = {
    kind: "Paused",
    phase: phaseOf(rollout),
    waiting: waitingWrites(spec, observed),
  };
  const step: Step = {
    actions: [],
    state,
    rollout,
    record: recorded(observed),
    rechecks: [],
  };
  return {
    actions: [
      // A daemon that starts again meanwhile serves no pod without its certificate.
      certificates(install, observed),
      { kind: "AbandonLeftovers" },
      { kind: "ForgetDaemons" },
      inspectionPlan ? { kind: "PauseInspections" } : { kind: "Inspect", plan: undefined },
    ],
    // A node that joins or restarts meanwhile would take no pods otherwise, and it changes nothing of Multus. Served
    // by the spec's DaemonSets, and by those that run on until the pause ends.
    ...always(
      withTaint(
        install,
        observed,
        step,
        running.map(({ name }) => name),
      ),
    ),
  };
}

/** What would be written if the install were not paused: "apply DaemonSet kube-system/kube-multus-ds". */
function waitingWrites({ rendered }: ResolvedSpec, observed: Observed): string[] {
  const { owned, differing, inventory, adoption } = observed;
  const objects = rendered.objects;
  const written = objects.flatMap((object) => {
    if (!owned.get(refOf(object))) return [`create ${describe(refOf(object))}`];
    return differing.has(object) ? [`apply ${describe(refOf(object))}`] : [];
  });
  const wanted = new Set(objects.map((object) => entryKey(entryOf(object))));
  const applied = inventory.map(refOfEntry).filter((ref) => {
    const live = owned.get(ref);
    return live !== undefined && isOwn(live) && live.metadata.deletionTimestamp === undefined;
  });
  const obsolete = [...adoption.obsolete.map(refOf), ...applied].filter(
    (ref) =>
      !wanted.has(entryKey(entryOfRef(ref))) && ![NETWORK_DEFINITION, LAST_COMPLETE].includes(ref.name),
  );
  return [...written, ...new Set(obsolete.map((ref) => `delete ${describe(ref)}`))];
}

/**
 * The certificates of an install's daemons are approved while its spec has them on, and after that as long as previous
 * daemons need them, which the binding of Multus' role shows. First, because a missing right names the chart's value: a
 * rehearsal without it is rejected in the API server's words.
 */
function certificates({ spec }: MultusInstall, { owned }: Observed): Action {
  const required = hasCertificates(spec);
  const binding = owned.get({ type: CLUSTER_ROLE_BINDINGS, name: "multus" });
  const isNeeded = required || groupsOf(binding?.subjects).includes(MULTUS_GROUP);
  return { kind: "ServeCertificates", namespace: isNeeded ? spec.namespace : undefined, required };
}

/**
 * Before anything is written, the API server accepts every object in a dry run: an install of which one object is
 * rejected (a namespace that does not exist, a webhook, a missing right) leaves nothing half done, and without a
 * finalizer it can be deleted at once. Once for each generation of the spec, and again until it succeeds.
 */
function rehearsal(
  objects: readonly KubeObject[],
  { live, previous, inventory, adoption }: Observed,
): Action[] {
  const known = new Set(inventory.map(entryKey));
  const stalled = previous.conditions?.find(({ type }) => type === "Stalled");
  const isRehearsed =
    (live.metadata.finalizers?.includes(FINALIZER) ?? false) &&
    previous.observedGeneration === live.metadata.generation &&
    stalled?.status !== "True" &&
    objects.every((object) => known.has(entryKey(entryOf(object))));
  if (isRehearsed) return [];
  return [{ kind: "Rehearse", objects: objects.map((object) => asApplied(object, adoption)) }];
}

function rejections({ gate, missingProbeNetwork: missing }: Observed, { spec }: MultusInstall): Action[] {
  if (gate.kind === "Rejected") return [{ kind: "Reject", error: new InvalidSpec(gate.message) }];
  if (missing === undefined) return [];
  const message = `spec.rollout.canary.probe: there is no NetworkAttachmentDefinition ${missing}, and the rollout has not begun: create it in namespace ${spec.namespace}, or name one that exists there`;
  return [{ kind: "Reject", error: new ProbeNetworkMissing(message) }];
}

function finalizer({ live }: Observed): Action[] {
  return live.metadata.finalizers?.includes(FINALIZER) ? [] : [{ kind: "AddFinalizer" }];
}

const TAKING_OVER: Step = {
  actions: [],
  state: {
    kind: "Running",
    phase: { state: "Progressing", message: "adopting the existing Multus" },
  },
  rechecks: [1],
};

/** Probes of a canary that ended in the middle: the spec has changed since, or no longer has one. */
function outdatedProbes({ pods }: Observed): Action[] {
  return pods
    .filter(({ labels, terminating }) => labels.name === PROBE && !terminating)
    .map((pod) => ({ kind: "DeletePod", pod }));
}

/** The objects around the DaemonSets. Pods of the previous Multus keep their rights until they are gone. */
function applies(install: MultusInstall, objects: readonly KubeObject[], observed: Observed): Action[] {
  const { workloads, owned } = observed;
  const isUnderWay =
    workloads.guard !== undefined ||
    workloads.obsolete.length > 0 ||
    workloads.live.some(({ upToDate }) => !upToDate);
  /** A role only grows meanwhile. */
  const isRetained = (role: KubeObject | undefined) => {
    const live = role && owned.get(refOf(role));
    return isUnderWay && allowsAll(live?.rules, role?.rules) && !isDeepStrictEqual(live?.rules, role?.rules);
  };
  const isRoleRetained = isRetained(objects.find(({ kind }) => kind === "ClusterRole"));
  return objects.flatMap((object): Action[] => {
    if (isDaemonSet(object)) return [];
    const live = owned.get(refOf(object));
    if (object.kind === "ClusterRole" && isRoleRetained) return [];
    // Service accounts, or a certificate's group: whoever the previous pods are to the API server.
    const subjects = isBinding(object)
      ? { subjects: withPrevious(live?.subjects, object.subjects, multusSubjects(install)) }
      : {};
    // Whoever writes a binding needs all that its role allows, and one that was made by hand may allow more: what binds
    // all subjects already stays as it is until the role is applied.
    if (isBinding(object) && isRoleRetained && isDeepStrictEqual(live?.subjects, subjects.subjects))
      return [];
    return [{ kind: "Apply", object: { ...object, ...subjects }, adopt: install.spec.adopt }];
  });
}

function releaseShims(install: MultusInstall, { pods }: Observed): Action {
  return {
    kind: "ReleaseShims",
    owner: taskOwner(install),
    daemons: pods.filter(({ isDaemon }) => isDaemon),
    daemonFollows: flavourOf(install.spec) === "v4-thick",
  };
}

function workloadActions(
  step: RolloutStep,
  { install, rendered }: ResolvedSpec,
  observed: Observed,
): Action[] {
  const { workloads, adoption, gate } = observed;
  const daemonSets = rendered.objects.filter(isDaemonSet);
  switch (step.kind) {
    case "Guard":
      return raisedGuard(install, observed);
    case "RemovePrevious": {
      const leaving = new Set(
        workloads.obsolete.filter((w) => w.deletesConfiguration).map(({ name }) => name),
      );
      return obsoleteDaemonSets(recordedEntries(rendered, observed), daemonSets)
        .filter(({ name }) => leaving.has(name))
        .map((ref) => ({ kind: "Delete", entry: entryOfRef(ref) }));
    }
    case "Apply":
      return daemonSets.map((daemonSet) => {
        const object = asApplied(daemonSet, adoption);
        return {
          kind: "Apply",
          object: gate.kind === "Held" ? heldBack(object, gate.trial.revision) : object,
          adopt: install.spec.adopt || adoption.kept.has(daemonSet),
        };
      });
  }
}

/** A guard that is there stays as it is: a new template would remove it from the nodes for a moment. */
function raisedGuard(install: MultusInstall, { workloads, owned }: Observed): Action[] {
  if (workloads.guard) return [];
  const replaced = [...workloads.obsolete, ...workloads.live].find(
    ({ deletesConfiguration }) => deletesConfiguration,
  );
  const live = replaced && owned.get({ ...guardRef(install.spec.namespace), name: replaced.name });
  const guard = live ? rolloutGuard(install, templateOf(live)) : [];
  return [
    { kind: "Record", entries: guard.map(entryOf) },
    ...guard.map((object): Action => ({ kind: "Apply", object, adopt: false })),
  ];
}

/** What follows once the step is done, and what it means. */
function following(step: RolloutStep, spec: ResolvedSpec, observed: Observed): Step {
  const { gate } = observed;
  if (step.kind !== "Apply")
    return {
      ...running(observed, { state: "Progressing", message: step.message }, [RECHECK_SECONDS]),
      record: gate.kind === "Open" ? gate.record : recorded(observed),
    };
  if (gate.kind !== "Held") return settlement(spec, observed);
  const { phase, record = recorded(observed), actions } = canaryStep(gate.trial, observed.canary);
  const passed: RolloutPhase = { state: "Progressing", message: "the canary has passed" };
  const rechecks = phase?.state === "RolloutFailed" ? [] : [phase ? RECHECK_SECONDS : 1];
  return { ...running(observed, phase ?? passed, rechecks), record, actions };
}

/** The rollout is over if every node runs what the spec wants: what was before is removed, and forgotten. */
function settlement({ install, rendered }: ResolvedSpec, observed: Observed): Step {
  const { rollout, gate, owned, leftovers } = observed;
  const record = gate.kind === "Open" ? gate.record : undefined;
  const found = phaseOf(rollout);
  const { recheckAfterSeconds: recheck } = rollout;
  const rechecks = recheck === undefined ? [] : [recheck];
  // A previous Multus' configuration next to the new one holds nothing up: it is what is removed here.
  const unhealthy = rollout.unhealthy.filter(({ reason }) => reason !== "CompetingConfigurations");
  const runs = phaseOf({ ...rollout, unhealthy });
  if (!["Complete", "Inspecting", "NoNodes"].includes(runs.state))
    return { ...running(observed, found, rechecks), record, actions: [{ kind: "AbandonLeftovers" }] };
  const objects = rendered.objects;
  const complete = lastComplete(install);
  const before = owned.get(refOf(complete));
  const isReplacement = before !== undefined && !isDeepStrictEqual(before.data, complete.data);
  const { unclean = 0, failed = 0, warnings = [] } = leftovers?.progress ?? {};
  const isOver = runs.state === "Complete" && !(isReplacement && unclean > 0);
  const wanted = (before || isOver ? [...objects, complete] : objects).map(entryOf);
  const isWanted = new Set(wanted.map(entryKey));
  const actions: Action[] = [
    ...objects
      .filter(isBinding)
      .map((object): Action => ({ kind: "Apply", object, adopt: install.spec.adopt })),
    ...(leftovers ? [{ kind: "CleanLeftovers", request: leftovers.request } as const] : []),
    // What a rollback restores: kept also if none is asked for yet, since it may be with the next change. Nothing that
    // never ran is worth a rollback.
    ...(isOver
      ? [
          { kind: "Record", entries: [entryOf(complete)] } as const,
          { kind: "Apply", object: complete, adopt: false } as const,
        ]
      : []),
    // Until the last pod of the previous Multus was gone it might start again, and need what it was started with.
    {
      kind: "Prune",
      wanted,
      obsolete: recordedEntries(rendered, observed).filter(
        (entry) => !isWanted.has(entryKey(entry)) && entry.name !== NETWORK_DEFINITION,
      ),
    },
  ];
  const isClean = unclean + failed === 0;
  const step = {
    record,
    actions,
    warnings,
    rechecks: isClean ? rechecks : [...rechecks, RECHECK_SECONDS],
  };
  if (runs.state !== "Complete" || isOver) return { ...running(observed, found, []), ...step };
  const message = `${runs.message}; removing files of the previous Multus on ${counted(unclean, "node")}`;
  return { ...running(observed, { state: "Inspecting", message }, []), ...step };
}

function withTaint(
  { spec }: MultusInstall,
  observed: Observed,
  step: Step,
  daemonSets = observed.canary.daemonSets.map(({ metadata }) => metadata.name),
): Step {
  const { actions, status, recheckAfterSeconds } = startupTaintStep(
    spec.nodes.startupTaint,
    observed.previous.startupTaint?.key,
    observed.nodes,
    observed.pods,
    daemonSets,
    observed.now,
  );
  return {
    ...step,
    actions: [...step.actions, ...actions],
    startupTaint: status,
    rechecks: [...step.rechecks, ...(recheckAfterSeconds === undefined ? [] : [recheckAfterSeconds])],
  };
}

/** A DaemonSet that was written a moment ago has no numbers yet. */
function withChangedDaemonSets(observed: Observed): Observed {
  const rollout: Rollout = { ...observed.rollout, current: false };
  return { ...observed, rollout, canary: { ...observed.canary, isSeen: false } };
}

/** The inventory once the preparation is done. */
function recordedEntries(
  rendered: ResolvedSpec["rendered"],
  { inventory, adoption }: Observed,
): InventoryEntry[] {
  const entries = [...inventory, ...[...rendered.objects, ...adoption.obsolete].map(entryOf)];
  return [...new Map(entries.map((entry) => [entryKey(entry), entry])).values()];
}

/** What the status has of a rollout of this very spec. */
function recorded({ previous: { rollout }, live }: Observed): RolloutStatus | undefined {
  return rollout && rollout.generation === live.metadata.generation ? rollout : undefined;
}

function running({ rollout }: Observed, phase: RolloutPhase, rechecks: readonly number[]): Step {
  return { actions: [], state: { kind: "Running", phase }, rollout, rechecks };
}

function always(step: Step): Pick<Plan, "unchanged" | "changed"> {
  return { unchanged: step, changed: step };
}

function isBinding({ kind }: KubeObject): boolean {
  return kind === "ClusterRoleBinding";
}

function isDaemonSet({ kind }: KubeObject): boolean {
  return kind === "DaemonSet";
}
