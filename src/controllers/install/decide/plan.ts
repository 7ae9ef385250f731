import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { InventoryEntry, MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { Action } from "../actions/actions.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import type { Rollout, RolloutPhase } from "../rollout/assess.ts";
import type { RolloutRecord } from "../rollout/rollout-record.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import type { InstallState } from "../status/conditions.ts";
import { startupTaintStep } from "./startup-taint.ts";

/** A wait ends without an event if a node does not answer. */
export const RECHECK_SECONDS = 5;

/** What a reconcile does, and what its status shows once it is done. */
export interface Plan {
  actions: readonly Action[];
  /** What follows if `actions` changed no DaemonSet. */
  unchanged: Step;
  /** What follows if they did: the rollout that was observed is over then. */
  changed: Step;
}

/** The last actions of a plan, and what the status shows once they are done. */
export interface Step {
  actions: readonly Action[];
  /** Undefined if the object is gone: there is no status to write. */
  state?: InstallState | undefined;
  /** For the status, with what the nodes' inspections found; undefined: it shows neither. */
  rollout?: Rollout;
  /** For status.rollout. */
  record?: RolloutRecord | undefined;
  /** Warnings about what is left on nodes. */
  warnings?: readonly string[];
  startupTaint?: MultusInstallStatus["startupTaint"];
  /** In how many seconds the next reconcile is due, though nothing has changed; the soonest applies. */
  rechecks: readonly number[];
}

/** What the status has of a rollout of this very spec. */
export function recorded({ previous: { rollout }, live }: Observed): RolloutRecord | undefined {
  return rollout && rollout.generation === live.metadata.generation ? rollout : undefined;
}

/** A step without actions, of which the status shows this phase. */
export function running({ rollout }: Observed, phase: RolloutPhase, rechecks: readonly number[]): Step {
  return { actions: [], state: { kind: "Running", phase }, rollout, rechecks };
}

/** The step that follows whether a DaemonSet was changed or not. */
export function always(step: Step): Pick<Plan, "unchanged" | "changed"> {
  return { unchanged: step, changed: step };
}

/** The inventory once the preparation is done. */
export function recordedEntries(
  rendered: ResolvedSpec["rendered"],
  { inventory, adoption }: Observed,
): InventoryEntry[] {
  const entries = [...inventory, ...[...rendered.objects, ...adoption.obsolete].map(entryOf)];
  return [...new Map(entries.map((entry) => [entryKey(entry), entry])).values()];
}

/** A step that also removes the startup taint from the nodes that some DaemonSets serve. */
export function withTaint(
  { spec }: MultusInstall,
  observed: Observed,
  step: Step,
  daemonSets = observed.canary.daemonSets.map(({ metadata }) => metadata.name),
): Step {
  const { actions, status, recheckAfterSeconds } = startupTaintStep({
    key: spec.nodes.startupTaint,
    previousKey: observed.previous.startupTaint?.key,
    nodes: observed.nodes,
    pods: observed.pods,
    daemonSets,
    ages: observed.ages,
  });
  return {
    ...step,
    actions: [...step.actions, ...actions],
    startupTaint: status,
    rechecks: [...step.rechecks, ...(recheckAfterSeconds === undefined ? [] : [recheckAfterSeconds])],
  };
}
