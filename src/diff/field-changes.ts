import diff from "microdiff";

/** One field of an object that would change. */
export interface FieldChange {
  /** `spec.template.spec.containers[kube-multus].image`, `…args --cni-version`. */
  path: string;
  /** undefined where the field is not there. */
  before?: unknown;
  after?: unknown;
}

/** Marks of the operator and of the API server: they follow from the fields beside them, and mean nothing to a person. */
const MARK = /\.annotations\[(multus-operator\.dev\/[a-z-]+|deprecated\.daemonset\.template\.generation)\]$/;

/**
 * The fields in which two objects differ, as a person reads them: items of a list by their names, flags of a
 * command line each by itself, JSON within a ConfigMap as JSON.
 */
export function fieldChanges(before: object, after: object): FieldChange[] {
  return diff(readable(before) as object, readable(after) as object)
    .map((change) => ({
      path: pathText(change.path),
      ...(change.type === "CREATE" ? {} : { before: change.oldValue as unknown }),
      ...(change.type === "REMOVE" ? {} : { after: change.value as unknown }),
    }))
    .filter(({ path }) => !MARK.test(path));
}

/** The value in a form in which equal things are at equal places. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return readableList(value);
  if (typeof value === "string") return asJson(value) ?? value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, readable(child)]));
}

function readableList(list: readonly unknown[]): unknown {
  if (list.length > 0 && list.every((item) => typeof item === "string" && item.startsWith("--")))
    return Object.fromEntries(list.map((item) => splitFlag(String(item))));
  const names = list.map(nameOf);
  if (list.length > 0 && names.every((name) => name !== undefined) && new Set(names).size === names.length)
    return Object.fromEntries(list.map((item, index) => [`[${names[index]}]`, readable(item)]));
  // Tolerations, rules, namespaces: a list without names is one value.
  return JSON.stringify(list);
}

function splitFlag(flag: string): [string, string] {
  const at = flag.indexOf("=");
  return at < 0 ? [flag, "true"] : [flag.slice(0, at), flag.slice(at + 1)];
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { mountPath, name } = item as { mountPath?: unknown; name?: unknown };
  const found = mountPath ?? name;
  return typeof found === "string" ? found : undefined;
}

/** A configuration within a ConfigMap; other texts stay what they are. */
function asJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return readable(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    const key = String(part);
    if (key.startsWith("[")) return `${text}${key}`;
    if (key.startsWith("--")) return `${text} ${key}`;
    if (/[./]/.test(key)) return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
