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
  return structural(json);
}

function structural(node: unknown): Schema {
  const schema = { ...(node as Schema) };
  delete schema.$schema;
  // A union of int and string is the one union that a structural schema knows, in exactly this form.
  if (isIntOrString(schema.anyOf)) return intOrString(schema);
  if (schema.properties) {
    schema.properties = Object.fromEntries(
      Object.entries(schema.properties as Record<string, Schema>).map(([name, child]) => [
        name,
        structural(child),
      ]),
    );
  }
  if (schema.items) schema.items = structural(schema.items);
  if (Object.keys((schema.properties ?? {}) as Schema).length > 0) delete schema.additionalProperties;
  else mendMap(schema);
  delete schema.propertyNames; // key patterns are not structural
  // zod bounds every int by what a double holds; that says nothing.
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === -Number.MAX_SAFE_INTEGER) delete schema.minimum;
  if (schema.type === "integer" && schema.format === undefined) schema.format = "int64";
  return clean(schema);
}

function intOrString({ description, default: fallback, anyOf, ...rest }: Schema): Schema {
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

/** An object without named fields: its values have one schema, or any. */
function mendMap(schema: Schema): void {
  const values = schema.additionalProperties;
  if (values === undefined || values === false) return;
  delete schema.properties;
  if (isAnything(values)) {
    delete schema.additionalProperties;
    schema["x-kubernetes-preserve-unknown-fields"] = true;
  } else schema.additionalProperties = structural(values);
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
