import { describe, expect, test } from "vitest";
import { z } from "zod";
import { customResourceDefinitions } from "./definitions.ts";
import { matching, withRules, withValidations } from "./rule.ts";
import { structuralSchema } from "./structural-schema.ts";

type Schema = Record<string, unknown>;

/** Every schema within a schema, with its path. */
function schemasOf(schema: Schema, path: string): [string, Schema][] {
  const inner = [
    ...Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(
      ([name, child]) => [`${path}.${name}`, child] as const,
    ),
    ...(schema.items ? [[`${path}[]`, schema.items as Schema] as const] : []),
    ...(schema.additionalProperties ? [[`${path}{}`, schema.additionalProperties as Schema] as const] : []),
  ];
  return [[path, schema], ...inner.flatMap(([at, child]) => schemasOf(child, at))];
}

describe("structuralSchema", () => {
  test("an object names its fields and closes nothing: pruning is the API server's", () => {
    expect(structuralSchema(z.object({ a: z.string().max(3), b: z.boolean().default(true) }))).toEqual({
      type: "object",
      properties: { a: { type: "string", maxLength: 3 }, b: { type: "boolean", default: true } },
      required: ["a"],
    });
  });

  test("an integer has no bounds but those that were given", () => {
    expect(structuralSchema(z.int())).toEqual({ type: "integer", format: "int64" });
    expect(structuralSchema(z.int().min(1).max(5))).toEqual({
      type: "integer",
      format: "int64",
      minimum: 1,
      maximum: 5,
    });
  });

  test("integer or string is the one union, in the one form that Kubernetes takes, and keeps its rules", () => {
    const union = withRules(z.union([z.int(), z.string().max(4)]), [
      { message: "no", cel: "self == 1", holds: (value) => value === 1 },
    ]);
    expect(structuralSchema(union.default(1).describe("How many."))).toEqual({
      description: "How many.",
      default: 1,
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
      maxLength: 4,
      "x-kubernetes-validations": [{ rule: "self == 1", message: "no" }],
    });
  });

  test("a map has the schema of its values", () => {
    expect(structuralSchema(z.record(z.string(), z.boolean()).meta({ maxProperties: 2 }))).toEqual({
      type: "object",
      additionalProperties: { type: "boolean" },
      maxProperties: 2,
    });
  });

  test("what has no structural form throws", () => {
    expect(() => structuralSchema(z.object({ when: z.date() }))).toThrow(/Date cannot be represented/);
  });
});

describe("rules on a schema", () => {
  const even = { message: "must be even", cel: "self % 2 == 0", holds: (n: number) => n % 2 === 0 };

  test("reject offline with the message, and stand in the CRD", () => {
    const schema = withRules(z.int(), [even]);
    expect(schema.safeParse(3).error?.issues[0]?.message).toBe("must be even");
    expect(schema.safeParse(4).success).toBe(true);
    expect(structuralSchema(schema)["x-kubernetes-validations"]).toEqual([
      { rule: "self % 2 == 0", message: "must be even" },
    ]);
  });

  test("further ones leave the first in force", () => {
    const schema = withValidations(withRules(z.int(), [even]), [
      { rule: "self == oldSelf", message: "fixed" },
    ]);
    expect(schema.safeParse(3).success).toBe(false);
    expect(structuralSchema(schema.optional().describe("An int."))["x-kubernetes-validations"]).toHaveLength(
      2,
    );
  });

  test("a pattern's backslashes reach the regular expression through CEL's quotes", () => {
    const schema = matching(/^\/a\.b$/, 9, "no");
    expect(structuralSchema(schema)["x-kubernetes-validations"]).toEqual([
      { rule: String.raw`self.matches('^\\/a\\.b$')`, message: "no" },
    ]);
  });
});

describe("the CustomResourceDefinitions", () => {
  const schemas = customResourceDefinitions().flatMap((crd) => {
    const { versions } = crd.spec as { versions: { schema: { openAPIV3Schema: Schema } }[] };
    return versions.flatMap(({ schema }) =>
      ["spec", "status"].flatMap((part) =>
        schemasOf((schema.openAPIV3Schema.properties as Record<string, Schema>)[part] ?? {}, part),
      ),
    );
  });
  const paths = (pick: (schema: Schema, path: string) => boolean) =>
    schemas.filter(([path, schema]) => pick(schema, path)).map(([path]) => path);

  test("bound every text, list and map", () => {
    expect(schemas.length).toBeGreaterThan(100);
    const unbounded = paths(
      (schema) =>
        (schema.type === "string" && !schema.enum && schema.maxLength === undefined) ||
        (schema.type === "array" && schema.maxItems === undefined) ||
        (schema.additionalProperties !== undefined && schema.maxProperties === undefined),
    );
    expect(unbounded).toEqual([]);
  });

  test("describe every field", () => {
    const isItem = (path: string) => path.endsWith("[]") || path.endsWith("{}");
    expect(paths((schema, path) => !isItem(path) && path.includes(".") && !schema.description)).toEqual([]);
  });

  test("take no field that is not known", () => {
    expect(paths((schema) => schema["x-kubernetes-preserve-unknown-fields"] !== undefined)).toEqual([]);
  });
});
