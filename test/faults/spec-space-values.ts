import fc from "fast-check";
import { FIELDS } from "../integration/hostile-fields.ts";
import { entryName, type Schema, type SchemaField } from "../integration/hostile-installs.ts";

/**
 * Right values of each field of MultusInstall.spec, from the schema's types, enums, bounds and patterns, and from what
 * hostile-fields.ts lists. Whether a value is right in a spec is for the parser to decide: some fields bound others.
 */

/** The same values in each run: a case is replayed by its id. */
const SEED = 15;
/** Items of the fullest lists and maps: more of the same takes time and shows nothing. */
const MOST_ITEMS = 16;

/** A field's values, without repeats, the listed one first. */
export function valuesOf({ path, schema, entry }: SchemaField): unknown[] {
  const values = [entry?.right, ...(entry?.alsoRight ?? []), ...derived(path, schema)];
  const known = new Map(
    values.filter((value) => value !== undefined).map((value) => [JSON.stringify(value), value]),
  );
  return [...known.values()];
}

/** A field's longest text, list or map, or largest number. */
export function largestOf(field: SchemaField): unknown {
  const size = (value: unknown) => (typeof value === "number" ? value : JSON.stringify(value).length);
  return valuesOf(field).toSorted((a, b) => size(b) - size(a))[0];
}

function derived(path: string, schema: Schema): unknown[] {
  if (schema["x-kubernetes-int-or-string"]) return [1, 2, "1%", "100%"];
  const { default: fallback, enum: words, minimum = 0, maximum = 0 } = schema;
  const explicit = fallback === undefined ? [] : [fallback];
  if (words) return [...explicit, ...words];
  switch (schema.type) {
    case "boolean":
      return [...explicit, true, false];
    case "integer":
      return [...explicit, minimum, maximum];
    case "string":
      return [...explicit, ...texts(path, schema)];
    case "array":
      return [...explicit, ...lists(path, schema)];
    default:
      return [...explicit, ...(schema.additionalProperties ? maps(path, schema) : [{}])];
  }
}

/** Texts that match the field's pattern: a short one, a longer one, and one of the greatest length. */
function texts(path: string, schema: Schema): string[] {
  const pattern = patternOf(schema);
  if (!pattern) return [];
  const [shortest, ...others] = samplesOf(pattern)
    .filter((text) => text.length <= (schema.maxLength ?? 0))
    .toSorted((a, b) => a.length - b.length);
  const right = FIELDS[entryName(path)]?.right;
  const most = schema.maxLength ?? 0;
  const full = typeof right === "string" && right.length > 0 ? right.padEnd(most, "a") : undefined;
  return [shortest, others.at(-1), full].filter(
    (text): text is string => text !== undefined && pattern.test(text),
  );
}

const samples = new Map<string, readonly string[]>();

/** Fields share patterns, and each field is asked for several times. */
function samplesOf(pattern: RegExp): readonly string[] {
  const known =
    samples.get(pattern.source) ?? fc.sample(fc.stringMatching(pattern), { seed: SEED, numRuns: 20 });
  samples.set(pattern.source, known);
  return known;
}

/** The regular expression of a text, which `matching` of src/crds/rule.ts writes as a rule. */
function patternOf(schema: Schema): RegExp | undefined {
  for (const { rule } of schema["x-kubernetes-validations"] ?? []) {
    const source = /^self\.matches\('(.*)'\)$/.exec(rule)?.[1];
    if (source !== undefined && !source.includes("\\\\P{"))
      return new RegExp(source.replaceAll("\\\\", "\\"));
  }
  return undefined;
}

/** None, one, two, the two the other way round, and as many as there may be. */
function lists(path: string, { items = {}, minItems = 0, maxItems = 0 }: Schema): unknown[] {
  const [first, second] = itemsOf(`${path}[]`, items);
  const full = distinct(first, Math.min(maxItems, MOST_ITEMS));
  return [[], [first], [second, first], [first, second], full].filter(
    (list) => list.length >= minItems && list.length <= maxItems && !list.includes(undefined),
  );
}

/** None, one, one with another value, another one, both, and as many as there may be. */
function maps(path: string, { additionalProperties = {}, maxProperties = 0 }: Schema): unknown[] {
  const [first, second = first] = itemsOf(`${path}{}`, additionalProperties);
  const keys = Array.from({ length: Math.min(maxProperties, MOST_ITEMS) }, (_, index) => `key-${index}`);
  return [
    {},
    { one: first },
    { one: second },
    { two: first },
    { two: first, one: second },
    Object.fromEntries(keys.map((key) => [key, first])),
  ];
}

function itemsOf(path: string, schema: Schema): unknown[] {
  return valuesOf({ path, schema, entry: FIELDS[entryName(path)] });
}

function distinct(item: unknown, count: number): unknown[] {
  if (typeof item !== "string") return Array(count).fill(item);
  return Array.from({ length: count }, (_, index) => `${item}-${index}`);
}
