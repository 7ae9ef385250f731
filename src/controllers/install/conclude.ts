import type { MultusInstallStatus } from "../../crds/multus-install/status.ts";
import { rfc3339 } from "../../crds/rfc3339.ts";
import type { Result } from "../../kube/controller.ts";
import { ApiError, NotSynced, TerminalError } from "../../kube/errors.ts";
import { type ApiObject, refOf } from "../../kube/resource.ts";
import { isMultusDaemonSet } from "../../render/daemon-sets.ts";
import { RenderError } from "../../render/errors.ts";
import { isSameSpec, lastComplete } from "../../render/last-complete.ts";
import type { RenderedInstall } from "../../render/render.ts";
import { type ForeignField, foreignFieldText } from "../shared/foreign-fields.ts";
import type { Done } from "./carry-out.ts";
import type { Step } from "./decide/plan.ts";
import { InvalidSpec, ProbeNetworkMissing, toStalledState, withPermissionFix } from "./errors.ts";
import { UnknownInventoryKind } from "./inventory/errors.ts";
import { entryKey } from "./inventory/inventory.ts";
import type { Observed } from "./observe/observe.ts";
import type { Rollout, RolloutPhase } from "./rollout/assess.ts";
import { revisionOfAll } from "./rollout/live-workloads.ts";
import { progressedAt, waitsForUser, withDeadline } from "./rollout/progress.ts";
import { isOfTheSpec, rolledBack, stuckRollout } from "./rollout/rollback.ts";
import type { RolloutRecord } from "./rollout/rollout-record.ts";
import type { ResolvedSpec } from "./spec/resolve-spec.ts";
import { carriedOver } from "./status/carried-over.ts";
import type { InstallState } from "./status/conditions.ts";
import { isReadyAlready } from "./status/previously-ready.ts";
import type { StatusInput } from "./status/status.ts";

/**
 * What was rejected as invalid stays so until the spec, the program or a policy changes: no back-off from 5 ms. A policy
 * that the chart's upgrade has just changed reaches the API server within seconds.
 */
const MIN_SECONDS_BETWEEN_REJECTIONS = 5;
const MAX_SECONDS_BETWEEN_REJECTIONS = 300;
/** NADs are not watched for this: whoever creates the missing one waits no longer than this. */
const SECONDS_BETWEEN_PROBE_CHECKS = 10;

/** How far a reconcile came. */
export interface Pass {
  spec?: ResolvedSpec;
  observed?: Observed;
  done?: Done;
  /** The MultusInstall has changed meanwhile: nothing was decided. */
  isSuperseded?: boolean;
  /** Nothing of the install is applied. */
  state?: InstallState | undefined;
  /** What ended it early. */
  failure?: unknown;
}

/** What follows from a reconcile. */
export interface Conclusion {
  /** What the status is made of; undefined: nothing is written. */
  status: StatusInput | undefined;
  result: Result;
  /** For the controller, which tries again. */
  error?: unknown;
  /** Not tried again at once: the API server would reject it again. */
  rejected?: unknown;
}

/** The object before the reconcile. */
export interface Before {
  live: ApiObject;
  previous: MultusInstallStatus;
  rolloutDeadlineSeconds: number;
  /** The wall clock. */
  now: Date;
}

/**
 * What the status shows and when the next reconcile is due, by how far this one came. A pure function.
 */
export function conclude(before: Before, pass: Pass): Conclusion {
  const failure = pass.failure ?? pass.done?.failure;
  if (failure !== undefined) return failed(before, pass, failure);
  const { spec, observed, done, state } = pass;
  const step = done?.step;
  if (state) return { status: { ...known(before, pass), state }, result: {} };
  // The change brings the next reconcile, but for a watch that hangs.
  if (pass.isSuperseded) return { status: undefined, result: { requeueAfterSeconds: 1 } };
  if (!step?.state) return { status: undefined, result: {} };
  if (!spec || !observed || step.state.kind !== "Running" || !step.rollout)
    return {
      status: { ...known(before, pass), ...found(step, observed), state: step.state },
      result: due([...step.rechecks, ...pluginRechecks(observed)]),
    };
  const phase = withPlacement(step.state.phase, observed.foreignFields);
  const progress = overTime(before, spec, observed, { rollout: step.rollout, phase });
  return {
    status: {
      ...known(before, pass),
      ...found(step, observed),
      foreignFields: observed.foreignFields,
      ...(progress.since ? { progressedAt: progress.since } : {}),
      rolloutRecord: progress.record ?? step.record,
      state: { kind: "Running", phase: progress.phase },
    },
    result: due([...step.rechecks, ...progress.rechecks, ...pluginRechecks(observed)]),
  };
}

/** What outlives this reconcile, and what it has found before it acts. */
function known(before: Before, { spec, observed, done }: Pass): Omit<StatusInput, "state"> {
  const carried = carriedOver(before);
  const ofRollout = done?.inventory ?? observed?.inventory ?? carried.inventory;
  const ofDhcp = observed?.dhcp?.entry;
  const isListed = !ofDhcp || ofRollout.some((entry) => entryKey(entry) === entryKey(ofDhcp));
  const inventory = isListed ? ofRollout : [...ofRollout, ofDhcp];
  if (!spec) return { ...carried, inventory };
  const { install, distribution } = spec;
  const rendered = withNotes(spec.rendered, observed?.adoption.notes ?? []);
  return { ...carried, inventory, install, distribution, rendered };
}

/** What a step adds that was reached. */
function found(step: Step | undefined, observed: Observed | undefined): Partial<StatusInput> {
  if (!step?.rollout || !observed) return {};
  return {
    rolloutRecord: step.record,
    startupTaint: step.startupTaint,
    rollout: step.rollout,
    primaryNetwork: observed.inspections.primaryNetwork,
    nodeWarnings: [
      ...observed.inspections.warnings,
      ...(observed.plugins?.warnings ?? []),
      ...(observed.dhcp?.warnings ?? []),
      ...(step.warnings ?? []),
    ],
    plugins: observed.plugins?.status,
    dhcp: observed.dhcp?.status,
  };
}

function failed(before: Before, pass: Pass, failure: unknown): Conclusion {
  const state = toInstallState(before, failure);
  const kept = known(before, pass);
  // With the record: what a canary has found is not to be found again.
  const reached = found(pass.done?.step, pass.observed);
  const status: StatusInput = { ...kept, ...reached, startupTaint: kept.startupTaint, state };
  if (failure instanceof ProbeNetworkMissing)
    return { status, result: { requeueAfterSeconds: SECONDS_BETWEEN_PROBE_CHECKS } };
  if (state.kind === "Stalled" && state.reason === "Rejected")
    return { status, result: { requeueAfterSeconds: untilNextRejection(before) }, rejected: failure };
  // Another write came first; the next reconcile, which comes at once, has something to report.
  const isOutdated = failure instanceof ApiError && failure.status === 409 && state.kind === "Failing";
  return { status: isOutdated ? undefined : status, result: {}, error: errorOf(failure) };
}

/** As long as it has been rejected by now, so that the intervals double, within limits. */
function untilNextRejection({ live, previous, now }: Before): number {
  const stalled = previous.conditions?.find(
    ({ type, status, reason, observedGeneration }) =>
      type === "Stalled" &&
      status === "True" &&
      reason === "Rejected" &&
      observedGeneration === live.metadata.generation,
  );
  const since = stalled ? (now.getTime() - Date.parse(stalled.lastTransitionTime)) / 1000 : 0;
  return Math.min(Math.max(since, MIN_SECONDS_BETWEEN_REJECTIONS), MAX_SECONDS_BETWEEN_REJECTIONS);
}

/** Turns an error into the state that the status shows. */
function toInstallState(before: Before, error: unknown): InstallState {
  if (isInvalid(error)) return { kind: "Stalled", reason: "InvalidSpec", message: error.message };
  if (error instanceof NotSynced)
    return { kind: "Syncing", message: withPermissionFix(error.message), wasReady: isReadyAlready(before) };
  const message = error instanceof Error ? error.message : String(error);
  return toStalledState(error) ?? { kind: "Failing", reason: "ApplyFailed", message };
}

/** Only a change of the spec can fix one that is not valid, and only another program knows other kinds. */
function errorOf(failure: unknown): unknown {
  return isInvalid(failure) || failure instanceof UnknownInventoryKind
    ? new TerminalError(failure.message, { cause: failure })
    : failure;
}

function isInvalid(error: unknown): error is RenderError | InvalidSpec {
  return error instanceof RenderError || error instanceof InvalidSpec;
}

/** The status shows of an adoption what became of the pods. */
function withNotes(rendered: RenderedInstall, notes: readonly string[]): RenderedInstall {
  const warnings = notes.map((message) => ({ path: "spec.adopt", code: "ADOPTED", message }));
  return { ...rendered, warnings: [...warnings, ...rendered.warnings] };
}

/** If no node matches because of what others set, the message names that, and not the spec. */
function withPlacement(phase: RolloutPhase, foreign: readonly ForeignField[]): RolloutPhase {
  const placing = foreign.filter(({ field }) =>
    /^spec\.template\.spec\.(nodeSelector|affinity|nodeName)/.test(field),
  );
  const [first] = placing;
  if (phase.state !== "NoNodes" || !first) return phase;
  const fields = placing.slice(0, 3).map(foreignFieldText).join("; ");
  const message = `no node matches ${first.object}: ${fields}. The MultusInstall does not set it; remove it from the DaemonSet`;
  return { ...phase, message };
}

interface Progress {
  phase: RolloutPhase;
  /** When the rollout's numbers last changed; RFC 3339. */
  since?: string;
  record?: RolloutRecord;
  rechecks: readonly number[];
}

/**
 * What a rollout's phase means over time: one that should progress and does not is stuck, and is marked to be rolled back
 * if its spec has that.
 */
function overTime(
  { previous, live, rolloutDeadlineSeconds }: Before,
  { install, rendered, rollback }: ResolvedSpec,
  { now, owned, idleSeconds, workloads, gate }: Observed,
  { rollout, phase }: { rollout: Rollout; phase: RolloutPhase },
): Progress {
  if (rollback) return { phase: rolledBack(rollback, phase), record: rollback.record, rechecks: [] };
  const complete = lastComplete(install);
  // What fails after it was complete once is not a rollout: a node has become unhealthy.
  const isUnderWay =
    phase.state === "Progressing" ||
    (phase.state === "Failing" && !isSameSpec(owned.get(refOf(complete)), complete));
  if (!isUnderWay) return { phase: withoutRollout(phase, rollout), rechecks: [] };
  const isOnDelete = install.spec.workload.updateStrategy.type === "OnDelete" && gate.kind !== "Held";
  if (isOnDelete && waitsForUser(rollout) && workloads.live.every(({ upToDate }) => upToDate)) {
    const message = `${phase.message}; a node gets the new Multus when its Multus pod is deleted (spec.workload.updateStrategy.type: OnDelete)`;
    return { phase: { ...phase, message }, rechecks: [] };
  }
  const { generation = 0 } = live.metadata;
  const since = progressedAt(previous, generation, rollout, rfc3339(now));
  const late = withDeadline(phase, since, idleSeconds, rolloutDeadlineSeconds);
  if (late.phase.state === "Stuck" && install.spec.rollout.rollback && isOfTheSpec(rollout)) {
    const daemonSets = rendered.objects.filter(isMultusDaemonSet);
    const record = stuckRollout(revisionOfAll(daemonSets), generation, late.phase.message);
    const isKnown = previous.rollout?.state === "Failed";
    return { phase: late.phase, since, record, rechecks: isKnown ? [] : [1] };
  }
  const { recheckAfterSeconds: recheck } = late;
  return { phase: late.phase, since, rechecks: recheck === undefined ? [] : [recheck] };
}

/** A node that fails after the rollout is complete, unless its pods are being replaced again, such as after a repair. */
function withoutRollout(found: RolloutPhase, { current, updated, desired }: Rollout): RolloutPhase {
  const isReplacing = !current || updated < desired;
  return found.state === "Failing" && !isReplacing ? { ...found, state: "Unhealthy" } : found;
}

/** A node on which an installation failed is tried again then; a daemon that is not needed may go. */
function pluginRechecks(observed: Observed | undefined): number[] {
  return [observed?.plugins?.againSeconds, observed?.dhcp?.againSeconds].filter((s) => s !== undefined);
}

function due(rechecks: readonly number[]): Result {
  return rechecks.length > 0 ? { requeueAfterSeconds: Math.min(...rechecks) } : {};
}
