import { listed } from "../../../crds/listed.ts";
import { counted } from "../../../crds/plural.ts";
import { ApiError, isApplyConflict } from "../../../kube/errors.ts";
import { managersOf } from "../../../kube/managed-fields.ts";
import { type ApiObject, describe, refOf } from "../../../kube/resource.ts";

/** How many objects a message names, how many managers of each, and how many fields of each manager. */
const MAX_OBJECTS = 12;
const MAX_MANAGERS = 3;
const MAX_FIELDS = 3;
/** Characters of one name: managers name themselves. */
const MAX_NAME = 100;

/** An object that exists and that the operator neither created nor adopted. */
export interface Conflict {
  /** "DaemonSet kube-system/kube-multus-ds" */
  object: string;
  /** Which manager owns what, as a clause. */
  owners: string;
}

/** @param rejected what a dry run of the operator's apply answered, if it met fields of other managers */
export function conflictOf(live: ApiObject, rejected?: unknown): Conflict {
  const fields = rejected instanceof ApiError && isApplyConflict(rejected) ? fieldsByManager(rejected) : [];
  const managers = fields.length > 0 ? fields : managersOf(live).map((manager) => [manager, []] as const);
  const named = managers.slice(0, MAX_MANAGERS).map(([manager, owned]) => ownedBy(manager, owned));
  return {
    object: describe(refOf(live)),
    owners: named.length > 0 ? named.join(", ") : "the operator did not create it",
  };
}

/** All conflicts in one message, with what to do. */
export function conflictsText(conflicts: readonly Conflict[]): string {
  const named = conflicts
    .slice(0, MAX_OBJECTS)
    .map(({ object, owners }) => `${object} already exists; ${owners}`);
  const more =
    conflicts.length > named.length
      ? [
          `${counted(conflicts.length - named.length, "more object already exists", "more objects already exist")}`,
        ]
      : [];
  const them = conflicts.length === 1 ? "it" : "them";
  return `${[...named, ...more].join(". ")}. The operator changed nothing. Set spec.adopt: true to adopt ${them}, or delete ${them}`;
}

function ownedBy(manager: string, fields: readonly string[]): string {
  const named = fields.map((field) => field.slice(0, MAX_NAME));
  const what = listed(named, MAX_FIELDS, { noun: "fields" }) || "it";
  return `${manager.slice(0, MAX_NAME)} owns ${what}`;
}

/** The causes of a conflict are a field each; the message names the manager (k8s.io/apiserver managedfields). */
function fieldsByManager({ causes }: ApiError): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const { field, message } of causes) {
    const manager = /conflict with "([^"]*)"/.exec(message)?.[1] ?? "another manager";
    found.set(manager, [...(found.get(manager) ?? []), field.replace(/^\./, "")]);
  }
  return [...found];
}
