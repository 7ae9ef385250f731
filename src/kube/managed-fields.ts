import { isDeepStrictEqual } from "node:util";
import type { ApiObject } from "./resource.ts";

/** FieldsV1 of structured-merge-diff: `f:name` a field, `k:{…}` an item by its keys, `v:…` a value, `.` the node itself. */
export interface FieldSet {
  [part: string]: FieldSet;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  subresource?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
}

export function managedFieldsOf({ metadata }: ApiObject): ManagedFieldsEntry[] {
  return Array.isArray(metadata.managedFields) ? (metadata.managedFields as ManagedFieldsEntry[]) : [];
}

/** Whether this manager owns, by server-side apply, the field or a part of it. @param path such as f:spec, f:template */
export function ownsByApply(object: ApiObject, manager: string, path: readonly string[]): boolean {
  return managedFieldsOf(object).some(
    (entry) =>
      entry.manager === manager &&
      entry.operation === "Apply" &&
      !entry.subresource &&
      path.reduce<FieldSet | undefined>((fields, part) => fields?.[part], entry.fieldsV1 ?? {}) !== undefined,
  );
}

/** Who manages fields of the object itself, not of its status. */
export function managersOf(object: ApiObject): string[] {
  const entries = managedFieldsOf(object).filter(({ subresource }) => !subresource);
  return [...new Set(entries.map(({ manager }) => manager ?? "").filter(Boolean))].toSorted();
}

/** Whether this manager has applied the object, and holds fields of it still. */
export function isAppliedBy(object: ApiObject, manager: string): boolean {
  return ownsByApply(object, manager, []);
}

/** A field that one manager set and another did not. */
export interface FieldOfOthers {
  /** FieldsV1 parts, from the top: f:spec, f:template, … */
  path: readonly string[];
  /** As people write it: `spec.template.spec.containers[kube-multus].env[FOO]`. */
  field: string;
  value: unknown;
  manager: string;
}

/**
 * The fields of an object that other managers set and `manager` does not apply: its next apply leaves them as they
 * are. An item of a list that only others own is one field. Entries of subresources do not count, nor those whose
 * field is gone.
 */
export function fieldsOfOthers(object: ApiObject, manager: string): FieldOfOthers[] {
  const entries = managedFieldsOf(object).filter(({ subresource }) => !subresource);
  const ours = entries
    .filter((entry) => entry.manager === manager)
    .reduce<FieldSet>((sum, { fieldsV1 }) => union(sum, fieldsV1 ?? {}), {});
  return entries
    .filter((entry) => entry.manager !== manager)
    .flatMap((entry) =>
      added(entry.fieldsV1 ?? {}, ours, object, []).map((found) => ({
        ...found,
        field: fieldText(found.path),
        manager: entry.manager ?? "",
      })),
    );
}

function added(
  theirs: FieldSet,
  ours: FieldSet | undefined,
  value: unknown,
  path: readonly string[],
): Pick<FieldOfOthers, "path" | "value">[] {
  const parts = Object.keys(theirs).filter((part) => part !== ".");
  const isWhole = parts.length === 0 || (path.at(-1)?.startsWith("k:") && "." in theirs);
  if (ours === undefined && isWhole) return value === undefined ? [] : [{ path, value }];
  return parts.flatMap((part) =>
    added(theirs[part] ?? {}, ours?.[part], childOf(value, part), [...path, part]),
  );
}

/** The value at one part of a FieldsV1 path, or undefined. */
function childOf(value: unknown, part: string): unknown {
  const [kind, rest] = [part.slice(0, 2), part.slice(2)];
  if (kind === "f:")
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[rest] : undefined;
  if (!Array.isArray(value)) return undefined;
  const wanted = parsedPart(rest);
  if (kind === "v:") return value.find((item) => isDeepStrictEqual(item, wanted));
  if (kind !== "k:" || typeof wanted !== "object" || wanted === null) return undefined;
  // A key of its default value, such as the protocol of a port, may not be in the item.
  return value.find((item) =>
    Object.entries(wanted).every(([key, of]) =>
      [of, undefined].includes((item as Record<string, unknown>)?.[key]),
    ),
  );
}

function fieldText(path: readonly string[]): string {
  return path.reduce((text, part) => {
    const [kind, rest] = [part.slice(0, 2), part.slice(2)];
    if (kind === "f:") {
      if (/[./]/.test(rest)) return `${text}[${rest}]`;
      return text === "" ? rest : `${text}.${rest}`;
    }
    const parsed = parsedPart(rest);
    const keys = typeof parsed === "object" && parsed !== null ? Object.values(parsed) : [parsed];
    return `${text}[${keys.join(",")}]`;
  }, "");
}

/** What follows `k:` or `v:` is JSON; the API server writes nothing else. */
function parsedPart(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The entries after one manager has taken over all that others set, as `kubectl apply --server-side` does with
 * what client-side apply had set: the next apply then removes what it does not set itself. Entries of
 * subresources and of managers not named stay. Undefined if there is nothing to take over.
 */
export function transferred(
  entries: readonly ManagedFieldsEntry[],
  from: (manager: string) => boolean,
  to: string,
): ManagedFieldsEntry[] | undefined {
  const isTaken = (entry: ManagedFieldsEntry) =>
    !entry.subresource && entry.manager !== to && from(entry.manager ?? "");
  const isOurs = (entry: ManagedFieldsEntry) =>
    !entry.subresource && entry.manager === to && entry.operation === "Apply";
  const taken = entries.filter(isTaken);
  const [first] = taken;
  if (!first) return undefined;
  const ours = entries.find(isOurs) ?? { apiVersion: first.apiVersion ?? "", fieldsType: "FieldsV1" };
  const fieldsV1 = [...taken, ours].reduce<FieldSet>((sum, entry) => union(sum, entry.fieldsV1 ?? {}), {});
  return [
    { ...ours, manager: to, operation: "Apply", fieldsV1 },
    ...entries.filter((entry) => !isTaken(entry) && !isOurs(entry)),
  ];
}

function union(a: FieldSet, b: FieldSet): FieldSet {
  const sum: FieldSet = { ...a };
  for (const [part, fields] of Object.entries(b)) sum[part] = union(sum[part] ?? {}, fields);
  return sum;
}
