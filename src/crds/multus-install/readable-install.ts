import type { FieldProblem } from "../field-problem.ts";
import { type MultusInstall, parseMultusInstall } from "./multus-install.ts";

/**
 * A MultusInstall as far as it can be read: fields that are not valid count as not set, and `problems` has what was wrong
 * with them. For a deletion only: a spec of another version of the CRD must not leave nodes as they are. `install` is
 * undefined if not even the name can be read.
 */
export function readableInstall(object: object): {
  install: MultusInstall | undefined;
  problems: FieldProblem[];
} {
  const copy = structuredClone(object) as Record<string, unknown>;
  const problems: FieldProblem[] = [];
  // Each round removes a field.
  for (;;) {
    const parsed = parseMultusInstall(copy);
    if (parsed.ok) return { install: parsed.value, problems };
    problems.push(...parsed.problems.filter(({ path }) => !problems.some((known) => known.path === path)));
    const removed = parsed.problems.filter(({ path }) => remove(copy, fieldsOf(path)));
    if (removed.length === 0) return { install: undefined, problems };
  }
}

/** The fields down to the first list or map; none if it is not one of the spec. */
function fieldsOf(path: string): string[] {
  const fields = (path.split("[")[0] ?? "").split(".");
  return fields[0] === "spec" ? fields : [];
}

/** Removes the field, or the nearest one around it that is set; false if there is none. */
function remove(object: Record<string, unknown>, fields: readonly string[]): boolean {
  for (let depth = fields.length; depth > 0; depth--) {
    const parents = fields.slice(0, depth - 1);
    const parent = parents.reduce<unknown>(
      (value, field) => (isObject(value) ? value[field] : undefined),
      object,
    );
    const field = fields[depth - 1] ?? "";
    if (!isObject(parent) || !Object.hasOwn(parent, field)) continue;
    delete parent[field];
    return true;
  }
  return false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
