import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { rolloutGuard } from "../../../render/rollout-guard.ts";
import { templateOf } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import { heldBack } from "../canary/gate.ts";
import { entryOf, entryOfRef } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import { asApplied } from "../rollout/as-applied.ts";
import { guardRef, obsoleteDaemonSets } from "../rollout/live-workloads.ts";
import type { RolloutStep } from "../rollout/rollout-step.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { recordedEntries } from "./plan.ts";

/** What a step of the rollout does: put up the guard, remove the previous DaemonSets, or apply the new ones. */
export function workloadActions(
  step: RolloutStep,
  { install, rendered }: ResolvedSpec,
  observed: Observed,
): Action[] {
  const { workloads, adoption, gate } = observed;
  const daemonSets = rendered.objects.filter(isMultusDaemonSet);
  switch (step.kind) {
    case "Guard":
      return raisedGuard(install, daemonSets, observed);
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
function raisedGuard(
  install: MultusInstall,
  next: readonly KubeObject[],
  { workloads, owned }: Observed,
): Action[] {
  if (workloads.guard) return [];
  const replaced = [...workloads.obsolete, ...workloads.live].find(
    ({ deletesConfiguration }) => deletesConfiguration,
  );
  const live = replaced && owned.get({ ...guardRef(install.spec.namespace), name: replaced.name });
  const guard = live ? rolloutGuard(install, templateOf(live), next) : [];
  return [
    { kind: "Record", entries: guard.map(entryOf) },
    ...guard.map((object): Action => ({ kind: "Apply", object, adopt: false })),
  ];
}
