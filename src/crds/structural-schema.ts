import { z } from "zod";

type Schema = Record<string, unknown>;

/**
 * A zod schema as a Kubernetes structural schema (apiextensions/v1). zod's OpenAPI output needs fixes:
 * see each step. Throws where a schema cannot be said structurally.
 */
export function structuralSchema(schema: z.ZodType): Schema {
  const json = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    cycles: "throw",
    unrepresentable: "throw",
  }) as Schema;
  return mend(json);
}

function mend(node: unknown): Schema {
  const schema = { ...(node as Schema) };
  delete schema.$schema;
  // A union of int and string is the one union that a structural schema knows, in exactly this form.
  if (isIntOrString(schema.anyOf)) {
    const { description, default: fallback, anyOf, ...rest } = schema;
    const text = (anyOf as Schema[]).find(({ type }) => type === "string");
    return clean({
      description,
      default: fallback,
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
      maxLength: text?.maxLength,
      "x-kubernetes-validations": rest["x-kubernetes-validations"],
    });
  }
  if (schema.properties) {
    schema.properties = Object.fromEntries(
      Object.entries(schema.properties as Record<string, Schema>).map(([name, child]) => [name, mend(child)]),
    );
  }
  if (schema.items) schema.items = mend(schema.items);
  const additional = schema.additionalProperties;
  if (schema.properties === undefined || Object.keys(schema.properties as Schema).length === 0) {
    if (additional !== undefined && additional !== false) {
      delete schema.properties;
      if (isAnything(additional)) {
        delete schema.additionalProperties;
        schema["x-kubernetes-preserve-unknown-fields"] = true;
      } else schema.additionalProperties = mend(additional);
    }
  } else delete schema.additionalProperties;
  delete schema.propertyNames; // key patterns are not structural
  // zod bounds every int by what a double holds; that says nothing.
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === -Number.MAX_SAFE_INTEGER) delete schema.minimum;
  if (schema.type === "integer" && schema.format === undefined) schema.format = "int64";
  return clean(schema);
}

function isIntOrString(anyOf: unknown): boolean {
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return false;
  const types = anyOf.map((option: Schema) => option.type).toSorted();
  return types[0] === "integer" && types[1] === "string";
}

function isAnything(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && Object.keys(schema).length === 0;
}

function clean(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
