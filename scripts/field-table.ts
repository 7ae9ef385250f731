import type { DescribedField } from "./multus-settings.ts";

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-validations"?: { message: string; fieldPath?: string }[];
}

export interface Definition {
  spec: {
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
    group: string;
  };
}

const HEAD = "| Field | Type | Default | Meaning |\n|---|---|---|---|";

/** A CRD as a Markdown page: a table for each group of fields, then the rules between fields. */
export function fieldTable(crd: Definition): string {
  const { group, names, versions } = crd.spec;
  const version = versions[0];
  const schema = version?.schema.openAPIV3Schema;
  const { spec, status = {} } = schema?.properties ?? {};
  return `# ${names.kind}

\`${group}/${version?.name}\`. ${schema?.description ?? ""}

${spec ? specTables(spec) : ""}## status

${HEAD}
${rowsBelow(status, "status").join("\n")}
`;
}

function specTables(spec: Schema): string {
  const rules = (spec["x-kubernetes-validations"] ?? []).map(
    ({ fieldPath = "", message }) => `- \`spec${fieldPath}\`: ${cell(message)}`,
  );
  return `## spec

${HEAD}
${Object.entries(spec.properties ?? {})
  .map(([name, field]) => row(`spec.${name}`, field))
  .join("\n")}

${Object.entries(spec.properties ?? {})
  .filter(([, field]) => isGroup(field))
  .map(([name, field]) => section(`spec.${name}`, field))
  .join("\n\n")}

## Rules between fields

The API server and \`multus-operator render\` reject a spec that violates one of these rules.

${rules.join("\n")}

`;
}

/** Every field of the spec, in its order. */
export function describedFields(crd: Definition): DescribedField[] {
  const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.spec ?? {};
  return fieldsBelow(spec, "spec").map(([path, { description = "" }]) => ({ path, description }));
}

function section(path: string, field: Schema): string {
  return `### ${path}\n\n${field.description ?? ""}\n\n${HEAD}\n${rowsBelow(field, path).join("\n")}`;
}

function rowsBelow(schema: Schema, path: string): string[] {
  return fieldsBelow(schema, path).map(([at, field]) => row(at, field));
}

function fieldsBelow(schema: Schema, path: string): [string, Schema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    return [[at, field], ...fieldsBelow(field.items ?? field, field.items ? `${at}[]` : at)];
  });
}

function isGroup(field: Schema): boolean {
  return field.type === "object" && field.properties !== undefined;
}

function row(path: string, field: Schema): string {
  const shown =
    isGroup(field) && /^spec\.\w+$/.test(path) ? `[\`${path}\`](#${anchor(path)})` : `\`${path}\``;
  return `| ${shown} | ${typeText(field)} | ${defaultText(field)} | ${cell(field.description ?? "")} |`;
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(".", "");
}

function typeText(field: Schema): string {
  if (field["x-kubernetes-int-or-string"]) return "integer or string";
  if (field.enum) return field.enum.map((value) => `\`${value === "" ? '""' : String(value)}\``).join(", ");
  if (field.type === "array") return `list of ${typeText(field.items ?? {})}${most(field.maxItems, "items")}`;
  if (field.additionalProperties) return `map to ${typeText(field.additionalProperties)}`;
  if (field.type === "integer" && field.minimum !== undefined && field.maximum !== undefined)
    return `integer, ${field.minimum} to ${field.maximum}`;
  return field.type ?? "any";
}

function most(count: number | undefined, what: string): string {
  return count === undefined ? "" : `, at most ${count} ${what}`;
}

function defaultText(field: Schema): string {
  if (field.default === undefined || isGroup(field)) return "";
  return `\`${JSON.stringify(field.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
