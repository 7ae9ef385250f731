import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { flavourOf } from "../../../multus/releases.ts";
import { PROBE } from "../../../render/probe-pod.ts";
import { taskOwner } from "../../shared/node-tasks.ts";
import type { Action } from "../actions/actions.ts";
import { takeovers } from "../adoption/plan-adoption.ts";
import { canaryProgress } from "../canary/canary.ts";
import { dhcpActions } from "../dhcp/dhcp-plan.ts";
import { entryOf } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import type { Rollout, RolloutPhase } from "../rollout/assess.ts";
import { nextRolloutStep, type RolloutStep } from "../rollout/rollout-step.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { lostPodRemovals } from "./lost-pods.ts";
import { objectActions } from "./objects.ts";
import { paused } from "./paused.ts";
import { always, type Plan, RECHECK_SECONDS, recorded, running, type Step, withTaint } from "./plan.ts";
import { certificates, finalizer, rehearsal, rejections } from "./preparation.ts";
import { settlement } from "./settlement.ts";
import { workloadActions } from "./workloads.ts";

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
  const step = nextRolloutStep(workloads);
  const isHeld = gate.kind === "Held";
  const actions: Action[] = [
    ...preparation,
    ...(isHeld ? [] : outdatedProbes(observed)),
    ...lostPodRemovals(spec, observed),
    ...objectActions(install, objects, observed),
    releaseShims(install, observed), // after the objects: its pods run under Multus' account
    ...workloadActions(step, spec, observed),
    { kind: "Inspect", plan: observed.inspectionPlan },
    ...installations(observed),
    ...(step.kind !== "Apply" || isHeld ? [{ kind: "AbandonLeftovers" } as const] : []),
  ];
  return {
    actions,
    unchanged: ending(install, observed, following(step, spec, observed)),
    changed: ending(install, observed, following(step, spec, withChangedDaemonSets(observed))),
  };
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

function releaseShims(install: MultusInstall, { pods }: Observed): Action {
  return {
    kind: "ReleaseShims",
    owner: taskOwner(install),
    daemons: pods.filter(({ isDaemon }) => isDaemon),
    daemonFollows: flavourOf(install.spec) === "v4-thick",
  };
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
  const { phase, record = recorded(observed), actions } = canaryProgress(gate.trial, observed.canary);
  const passed: RolloutPhase = { state: "Progressing", message: "the canary has passed" };
  const rechecks = phase?.state === "RolloutFailed" ? [] : [phase ? RECHECK_SECONDS : 1];
  return { ...running(observed, phase ?? passed, rechecks), record, actions };
}

function installations({ plugins }: Observed): Action[] {
  return plugins?.request ? [{ kind: "InstallPlugins", request: plugins.request }] : [];
}

/** The taint, and last the dhcp daemon: nothing of Multus waits for one that cannot be applied. */
function ending(install: MultusInstall, observed: Observed, step: Step): Step {
  const { actions, ...rest } = withTaint(install, observed, step);
  return { ...rest, actions: [...actions, ...(observed.dhcp ? dhcpActions(observed.dhcp) : [])] };
}

/** A DaemonSet that was written a moment ago has no numbers yet. */
function withChangedDaemonSets(observed: Observed): Observed {
  const rollout: Rollout = { ...observed.rollout, current: false };
  return { ...observed, rollout, canary: { ...observed.canary, isSeen: false } };
}
