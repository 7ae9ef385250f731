interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-validations"?: { message: string }[];
}

interface Definition {
  spec: {
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
    group: string;
  };
}

/** A CRD as a Markdown page: one row a field, then the rules between fields. */
export function fieldTable(crd: Definition): string {
  const { group, names, versions } = crd.spec;
  const version = versions[0];
  const schema = version?.schema.openAPIV3Schema;
  const part = (name: string) => rows(schema?.properties?.[name] ?? {}, name).join("\n");
  const rules = schema?.properties?.spec?.["x-kubernetes-validations"] ?? [];
  const head = "| Field | Type | Default | Meaning |\n|---|---|---|---|";
  return `# ${names.kind}

\`${group}/${version?.name}\`. ${schema?.description ?? ""}

## spec

${head}
${part("spec")}

## Rules between fields

${rules.map(({ message }) => `- ${cell(message.replace(/^([^:]+):/, "`$1`:"))}`).join("\n")}

## status

${head}
${part("status")}
`;
}

function rows(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const row = `| \`${at}\` | ${typeText(field)} | ${defaultText(field)} | ${cell(field.description ?? "")} |`;
    const inner = field.items?.properties ? rows(field.items, `${at}[]`) : rows(field, at);
    return [row, ...inner];
  });
}

function typeText(field: Schema): string {
  if (field["x-kubernetes-int-or-string"]) return "integer or string";
  if (field.enum) return field.enum.map((value) => `\`${value === "" ? '""' : String(value)}\``).join(", ");
  if (field.type === "array") return `list of ${typeText(field.items ?? {})}`;
  if (field.additionalProperties) return `map to ${typeText(field.additionalProperties)}`;
  return field.type ?? "any";
}

function defaultText(field: Schema): string {
  if (field.default === undefined || (field.type === "object" && field.properties)) return "";
  return `\`${JSON.stringify(field.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
