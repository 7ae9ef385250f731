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

/**
 * The entries after one manager has taken over all that others set, as `kubectl apply --server-side` does with
 * what client-side apply had set: the next apply then removes what it does not set itself. Entries of
 * subresources and of managers not named stay. Undefined where there is nothing to take over.
 */
export function handedOver(
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
