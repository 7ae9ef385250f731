import type { Schema } from "../integration/hostile-installs.ts";

/** A status that is right with every field set, and the same with one field that is not: for types that users only read. */
export interface StatusCase {
  /** `status.conditions[0].type` */
  path: string;
  status: unknown;
}

/** Every field set, with one item in each list. */
export function fullStatus(schema: Schema): unknown {
  const { enum: words, properties, items, minimum = 0, format, additionalProperties } = schema;
  if (words) return words[0];
  switch (schema.type) {
    case "object":
      if (additionalProperties) return { key: fullStatus(additionalProperties) };
      return Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, child]) => [name, fullStatus(child)]),
      );
    case "array":
      return [fullStatus(items ?? {})];
    case "integer":
      return minimum;
    case "boolean":
      return true;
    default:
      return format === "date-time" ? "2026-11-27T00:00:00Z" : "x";
  }
}

/** For each field a wrong type, and a value just beyond each of its bounds. */
export function wrongStatuses(schema: Schema): StatusCase[] {
  const full = fullStatus(schema);
  const cases: StatusCase[] = [];
  const visit = (field: Schema, path: readonly (string | number)[]) => {
    for (const value of wrong(field))
      cases.push({ path: textOf(path), status: withValue(full, path, value) });
    for (const [name, child] of Object.entries(field.properties ?? {})) visit(child, [...path, name]);
    if (field.items) visit(field.items, [...path, 0]);
  };
  for (const [name, child] of Object.entries(schema.properties ?? {})) visit(child, [name]);
  return cases;
}

function wrong({ type, enum: words, minimum, maxLength, maxItems, items }: Schema): unknown[] {
  if (words) return [7, "none of these"];
  switch (type) {
    case "string":
      return [7, ...(maxLength === undefined ? [] : ["x".repeat(maxLength + 1)])];
    case "integer":
      return ["7", ...(minimum === undefined ? [] : [minimum - 1])];
    case "boolean":
      return ["true"];
    case "array":
      return [{}, ...(maxItems === undefined ? [] : [Array(maxItems + 1).fill(fullStatus(items ?? {}))])];
    default:
      return ["x"];
  }
}

function withValue(
  container: unknown,
  [part, ...rest]: readonly (string | number)[],
  value: unknown,
): unknown {
  if (part === undefined) return value;
  if (Array.isArray(container)) return [withValue(container[0], rest, value)];
  const group = container as Record<string, unknown>;
  return { ...group, [part]: withValue(group[part], rest, value) };
}

function textOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => text + (typeof part === "number" ? `[${part}]` : `.${part}`),
    "status",
  );
}
