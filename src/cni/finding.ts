/** What is wrong or doubtful in a network configuration. */
export interface Finding {
  /** `plugins[0].ipam.ranges[0][0].rangeEnd`; empty for the whole. */
  path: string;
  /** error: the plugin rejects it or cannot work. warning: the plugin ignores it, or it is probably not intended. */
  severity: "error" | "warning";
  /** Stable, for scripts. */
  code: string;
  /** What is wrong of the path: "must be …", "has …". */
  message: string;
  /** Where in the JSON text, from 1; columns count UTF-16 units. */
  line?: number;
  column?: number;
  /** The value found, shortened. */
  value?: string;
  /** What was likely meant. */
  suggestion?: string;
}

/** A finding in words: its path (`whole` if it is about the whole) and what is wrong of it. */
export function pathAndMessage({ path, message }: Pick<Finding, "path" | "message">, whole = "it"): string {
  return `${path === "" ? whole : path}${message.startsWith("Required") ? ":" : ""} ${message}`;
}

export type Path = readonly (string | number)[];

/** A path as people write it: `sysctl["net.core.x"]`, `plugins[0].type`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(part)) return `${text}[${show(part)}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** At most 80 characters of a value, without control characters: it comes from any tenant and goes to terminals. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length <= 80 ? clean : `${clean.slice(0, 79)}…`;
}
