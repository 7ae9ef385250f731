import { closest } from "../crds/suggestion.ts";
import { type Finding, formatPath, type Path, show } from "./finding.ts";

/** No configuration needs more findings to be repaired, and a tenant may write any number of faults. */
const MAX_WARNINGS = 100;
/** With the first finding of each code (there are fewer than 50) these are at most 200. */
const MAX_FINDINGS = 150;

/** Collects findings; each keeps its path in parts, so that its place in the text can be looked up. */
export class Report {
  readonly entries: { finding: Finding; path: Path }[] = [];
  readonly #codes = new Set<string>();

  error(path: Path, code: string, message: string, extra: Partial<Finding> = {}): void {
    this.#add(path, { severity: "error", code, message, ...extra });
  }

  warn(path: Path, code: string, message: string, extra: Partial<Finding> = {}): void {
    this.#add(path, { severity: "warning", code, message, ...extra });
  }

  /** A field that is not there, at its own path, as Kubernetes reports it: `plugins[0].type: Required`. */
  missing(path: Path, what: string, severity: Finding["severity"] = "error"): void {
    this.#add(path, { severity, code: "MISSING_FIELD", message: `Required: ${what}` });
  }

  /** A value outside its set. `severity` is a warning where the plugin falls back to something. */
  notOneOf(
    path: Path,
    value: unknown,
    allowed: readonly string[],
    severity: Finding["severity"] = "error",
  ): void {
    const near = typeof value === "string" ? closest(value, allowed) : undefined;
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    const message = `must be one of ${allowed.map((a) => JSON.stringify(a)).join(", ")} (it is ${show(value)}${hint})`;
    const suggestion = near === undefined ? {} : { suggestion: near };
    this.#add(path, { severity, code: "NOT_ONE_OF", message, value: show(value), ...suggestion });
  }

  #add(path: Path, finding: Omit<Finding, "path">): void {
    // An error is kept even when a hundred warnings came first, and the first finding of a code always.
    const most = finding.severity === "error" ? MAX_FINDINGS : MAX_WARNINGS;
    if (this.entries.length >= most && this.#codes.has(finding.code)) return;
    this.#codes.add(finding.code);
    this.entries.push({ path, finding: { path: formatPath(path), ...finding } });
  }
}
