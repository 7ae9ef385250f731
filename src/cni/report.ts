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
    this.#add("error", path, code, message, extra);
  }

  warn(path: Path, code: string, message: string, extra: Partial<Finding> = {}): void {
    this.#add("warning", path, code, message, extra);
  }

  /** A field that is not there, at its own path, as Kubernetes reports it: `plugins[0].type: Required`. */
  missing(path: Path, what: string, severity: Finding["severity"] = "error"): void {
    this.#add(severity, path, "MISSING_FIELD", `Required: ${what}`, {});
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
    this.#add(severity, path, "NOT_ONE_OF", message, {
      value: show(value),
      ...(near === undefined ? {} : { suggestion: near }),
    });
  }

  #add(
    severity: Finding["severity"],
    path: Path,
    code: string,
    message: string,
    extra: Partial<Finding>,
  ): void {
    // An error is kept even when a hundred warnings came first, and the first finding of a code always.
    const most = severity === "error" ? MAX_FINDINGS : MAX_WARNINGS;
    if (this.entries.length >= most && this.#codes.has(code)) return;
    this.#codes.add(code);
    this.entries.push({ path, finding: { path: formatPath(path), severity, code, message, ...extra } });
  }
}
