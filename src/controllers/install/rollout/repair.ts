import { listed } from "../../../crds/listed.ts";
import { fieldChanges } from "../../../diff/field-changes.ts";
import { intentOf } from "../../../kube/compare.ts";
import { managersOf } from "../../../kube/managed-fields.ts";
import { describe, refOf } from "../../../kube/resource.ts";
import type { Written } from "../../shared/applier.ts";
import { FIELD_MANAGER } from "../../shared/ownership.ts";
import type { ReconcileScope } from "../scope.ts";

/** How many fields an event names. */
const MAX_FIELDS = 5;
/** Another writer that insists causes one event in this time and not one for each write. */
const EVENT_PERIOD_MS = 60_000;

/** An event that says what was changed or deleted outside the operator, and is as the spec wants it again. */
export async function reportRepair(scope: ReconcileScope, { before, after }: Written): Promise<void> {
  const object = describe(refOf(after));
  const note = before
    ? changedNote(object, before, after)
    : `${object} was deleted outside the operator; recreated`;
  const period = Math.floor(scope.deps.now().getTime() / EVENT_PERIOD_MS);
  await scope.deps.events.send(scope.live, {
    type: "Normal",
    reason: "Repaired",
    action: "Repair",
    note,
    key: `${period} ${note}`,
  });
}

function changedNote(
  object: string,
  before: NonNullable<Written["before"]>,
  after: Written["after"],
): string {
  const fields = fieldChanges(intentOf(before), intentOf(after)).map(({ path }) => path);
  const others = managersOf(before).filter((manager) => manager !== FIELD_MANAGER);
  const by = others.length > 0 ? ` (other field managers of it: ${others.slice(0, 3).join(", ")})` : "";
  return `${object} was changed outside the operator${by}; restored: ${listed(fields, MAX_FIELDS) || "its metadata"}`;
}
