import { describe, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { isDefinition } from "../../../render/definitions.ts";
import { LAST_COMPLETE } from "../../../render/last-complete.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { isOwn } from "../../shared/ownership.ts";
import { entryKey, entryOf, entryOfRef, refOfEntry } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import { phaseOf } from "../rollout/assess.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import type { InstallState } from "../status/conditions.ts";
import { always, type Plan, recorded, type Step, withTaint } from "./plan.ts";
import { certificates } from "./preparation.ts";

/** Nothing but the certificates of running daemons and the startup taint goes on while an install is paused. */
export function paused(spec: ResolvedSpec, observed: Observed): Plan {
  const { install } = spec;
  const { inspectionPlan, inventory, rollout } = observed;
  const entries = [...spec.rendered.objects.map(entryOf), ...inventory];
  const running = entries.filter((entry) => isMultusDaemonSet(entry) && entry.name !== GUARD);
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
    ({ name, ...ref }) =>
      !wanted.has(entryKey(entryOfRef({ ...ref, name }))) && !isDefinition(name) && name !== LAST_COMPLETE,
  );
  return [...written, ...new Set(obsolete.map((ref) => `delete ${describe(ref)}`))];
}
