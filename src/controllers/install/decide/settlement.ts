import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { counted } from "../../../crds/plural.ts";
import { refOf } from "../../../kube/resource.ts";
import { isDefinition } from "../../../render/definitions.ts";
import {
  isSameSpec,
  lastComplete,
  type UncleanDirectories,
  uncleanDirectories,
} from "../../../render/last-complete.ts";
import type { Action } from "../actions/actions.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import type { Leftovers } from "../observe/observe-leftovers.ts";
import { phaseOf } from "../rollout/assess.ts";
import type { ResolvedSpec } from "../spec/resolve-spec.ts";
import { isBinding } from "./objects.ts";
import { RECHECK_SECONDS, recordedEntries, running, type Step } from "./plan.ts";

/**
 * What follows once the DaemonSets are applied. The rollout is over if every node runs what the spec wants: what was
 * before is removed, and forgotten.
 */
export function settlement({ install, rendered }: ResolvedSpec, observed: Observed): Step {
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
  const { unclean = 0, failed = 0, warnings = [] } = leftovers?.progress ?? {};
  const isClean = unclean + failed === 0;
  const before = owned.get(refOf(lastComplete(install)));
  const complete = lastComplete(install, stillUnclean(uncleanDirectories(install, before), leftovers));
  const isReplacement = before !== undefined && !isSameSpec(before, complete);
  const isOver = runs.state === "Complete" && !(isReplacement && unclean > 0);
  const recorded = recordedEntries(rendered, observed);
  // CRDs stay, and show a deletion what there was once.
  const wanted = [
    ...(before || isOver ? [...objects, complete] : objects).map(entryOf),
    ...recorded.filter(({ name }) => isDefinition(name)),
    ...(observed.dhcp?.entry ? [observed.dhcp.entry] : []),
  ].filter(isFirst);
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
      obsolete: recorded.filter((entry) => !isWanted.has(entryKey(entry))),
    },
  ];
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

function isFirst(entry: InventoryEntry, index: number, entries: readonly InventoryEntry[]): boolean {
  return entries.findIndex((other) => entryKey(other) === entryKey(entry)) === index;
}

/**
 * What a deletion must clean of the directories that the spec no longer has. If nodes are not inspected, none is cleaned
 * before it; a node without a pod of Multus never is.
 */
function stillUnclean(
  known: UncleanDirectories | undefined,
  leftovers: Leftovers | undefined,
): UncleanDirectories | undefined {
  const directories = leftovers?.request.previous ?? known?.directories;
  if (!leftovers || !directories) return known;
  const { unclean, failed, kept } = leftovers.progress;
  const isClean = unclean + failed + kept === 0;
  if (leftovers.withoutMultus === 0) return isClean ? undefined : { directories, onlyWithoutMultus: false };
  return { directories, onlyWithoutMultus: isClean || known?.onlyWithoutMultus === true };
}
