import { multusInstallSpec } from "../../src/crds/multus-install/spec.ts";
import { structuralSchema } from "../../src/crds/structural-schema.ts";
import { FIELDS, type FieldEntry } from "./hostile-fields.ts";

/** A spec with one field that is hostile, or, for comparison, right. */
export interface FieldCase {
  /** As the schema has it: `image.pullSecrets[]`, `workload.labels{}`. */
  path: string;
  value: unknown;
  spec: Record<string, unknown>;
  /** Derived from the schema alone, or written in hostile-fields.ts. */
  from: "schema" | "list";
}

/** The part of a structural schema that values are derived from. */
export interface Schema {
  type?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  "x-kubernetes-validations"?: { rule: string; message: string }[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
}

/** A field as the schema has it, with its entry of hostile-fields.ts; undefined if it has none. */
export interface SchemaField {
  /** `image.pullSecrets[]`, `workload.labels{}`. */
  path: string;
  schema: Schema;
  entry: FieldEntry | undefined;
}

let all: readonly SchemaField[] | undefined;

/** Every field of the schema. */
export function schemaFields(): readonly SchemaField[] {
  all ??= readFields();
  return all;
}

function readFields(): SchemaField[] {
  const fields: SchemaField[] = [];
  const visit = (schema: Schema, path: string) => {
    fields.push({ path, schema, entry: FIELDS[entryName(path)] });
    const inner = path === "" ? "" : `${path}.`;
    for (const [name, child] of Object.entries(schema.properties ?? {})) visit(child, `${inner}${name}`);
    if (schema.items) visit(schema.items, `${path}[]`);
    if (schema.additionalProperties) visit(schema.additionalProperties, `${path}{}`);
  };
  visit(structuralSchema(multusInstallSpec) as Schema, "");
  return fields.slice(1);
}

/** The same fields stand in several places of an affinity: they have one entry. */
export function entryName(path: string): string {
  const affinity = "workload.affinity.nodeAffinity.";
  if (!path.startsWith(affinity)) return path;
  return path
    .replace(/^.*\.matchExpressions/, "requirements")
    .replace(/^.*\.matchFields/, "fieldRequirements")
    .replace(`${affinity}requiredDuringSchedulingIgnoredDuringExecution`, "required")
    .replace(`${affinity}preferredDuringSchedulingIgnoredDuringExecution`, "preferred");
}

/** The spec with the field's right value. */
export function rightCase(path: string, entry: FieldEntry): FieldCase {
  return { path, value: entry.right, spec: withField(path, entry, entry.right), from: "list" };
}

/** The specs with each hostile value of one field. */
export function hostileCases(path: string, schema: Schema, entry: FieldEntry): FieldCase[] {
  const make = (from: FieldCase["from"]) => (value: unknown) => ({
    ...{ path, value, from },
    spec: withField(path, entry, value),
  });
  return [...derived(schema, entry).map(make("schema")), ...(entry.hostile ?? []).map(make("list"))];
}

/** No name, path, number or word of the schema may have these in it. */
const TEXTS = [
  "../../etc/shadow",
  "x\ny",
  "x\u0000",
  "\u001b[2J",
  "\u202ex",
  "$(reboot)",
  "x; reboot",
  "`id`",
  "{{x}}",
  "%2e%2e%2f",
  "ａ",
];

/** @throws if the schema leaves a number, text, list or map without a bound */
function derived(schema: Schema, { freeText, right }: FieldEntry): unknown[] {
  const bound = (value: number | undefined, what: string) => {
    if (value === undefined) throw new Error(`no ${what}`);
    return value;
  };
  if (schema["x-kubernetes-int-or-string"]) return [{}, [], true, ...TEXTS];
  switch (schema.type) {
    case "boolean":
      return ["true", 1, {}, []];
    case "integer":
      return [
        ...["1", 1.5, {}, [], Number.MAX_SAFE_INTEGER],
        ...[bound(schema.minimum, "minimum") - 1, bound(schema.maximum, "maximum") + 1],
      ];
    case "string": {
      if (schema.enum) return [7, {}, [], ...TEXTS, `${String(schema.enum.at(-1))} `];
      const tooLong = "x".repeat(bound(schema.maxLength, "maxLength") + 1);
      return [7, {}, [], true, tooLong, ...(freeText === undefined ? TEXTS : [])];
    }
    case "array": {
      const [item] = right as unknown[];
      return ["x", 7, {}, Array(bound(schema.maxItems, "maxItems") + 1).fill(item ?? {})];
    }
    default: {
      if (!schema.additionalProperties) return ["x", 7, [], true];
      const [value] = Object.values(right as object);
      const keys = Array.from(
        { length: bound(schema.maxProperties, "maxProperties") + 1 },
        (_, i) => `k${i}`,
      );
      return ["x", 7, [], Object.fromEntries(keys.map((key) => [key, value]))];
    }
  }
}

/** The spec around the field, with this value of it. Groups on the way to it have their right value. */
export function withField(
  path: string,
  { within = {} }: Pick<FieldEntry, "within">,
  value: unknown,
): Record<string, unknown> {
  const parts = path.split(/\.|(?=\[\]|\{\})/);
  return put(within, parts, value, []) as Record<string, unknown>;
}

function put(
  container: unknown,
  parts: readonly string[],
  value: unknown,
  walked: readonly string[],
): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  const path = [...walked, part].join(".").replaceAll(/\.(?=\[|\{)/g, "");
  const inner = (present: unknown) =>
    rest.length === 0
      ? value
      : put(present ?? FIELDS[entryName(path)]?.right, rest, value, [...walked, part]);
  if (part === "[]") return [inner((container as unknown[] | undefined)?.[0]), ...[]];
  if (part === "{}") return { key: inner(undefined) };
  const group = (container ?? {}) as Record<string, unknown>;
  return { ...group, [part]: inner(group[part]) };
}
