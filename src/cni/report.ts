import { closest } from "../crds/suggestion.ts";
import { type Finding, formatPath, type Path, show } from "./finding.ts";

/** No configuration needs more than this many findings to be repaired, and a tenant may write any number of faults. */
const LIMIT = 100;

/** Collects findings; each keeps its path in parts, so that its place in the text can be looked up. */
export class Report {
  readonly entries: { finding: Finding; path: Path }[] = [];

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
    // An error is kept even when a hundred warnings came first.
    if (this.entries.length >= (severity === "error" ? 2 * LIMIT : LIMIT)) return;
    this.entries.push({ path, finding: { path: formatPath(path), severity, code, message, ...extra } });
  }
}
