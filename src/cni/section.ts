import { closest } from "../crds/suggestion.ts";
import { type Path, show } from "./finding.ts";
import type { Report } from "./report.ts";

/** Reads one JSON value as a Go type; reports where Go's decoder rejects it. Undefined where it did. */
export type Kind<T> = (value: unknown, path: Path, report: Report) => T | undefined;

/**
 * A JSON object as encoding/json decodes it into a struct: keys match without regard to case, null leaves a
 * field as it is, and every key that matches must have the right type. libcni has re-marshalled the
 * object from a map before a plugin reads it (libcni/api.go, InjectConf), so that of several spellings the
 * last in byte order counts.
 */
export class Section {
  readonly path: Path;
  readonly report: Report;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #folded = new Map<string, string[]>();
  readonly #known = new Set<string>();

  constructor(value: Readonly<Record<string, unknown>>, path: Path, report: Report) {
    this.path = path;
    this.report = report;
    this.#value = value;
    for (const key of Object.keys(value)) {
      const name = fold(key);
      const same = this.#folded.get(name);
      if (same) same.push(key);
      else this.#folded.set(name, [key]);
    }
    // The last in byte order counts.
    for (const same of this.#folded.values()) if (same.length > 1) same.sort();
  }

  /** The field's value, undefined when absent, null or of the wrong type (then it is reported). */
  take<T>(name: string, kind: Kind<T>): T | undefined {
    this.#known.add(name);
    let taken: T | undefined;
    for (const key of this.#spellings(name)) {
      const value = this.#value[key];
      if (value !== null) taken = kind(value, [...this.path, key], this.report);
    }
    return taken;
  }

  /** Names that are read elsewhere. */
  knows(names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  has(name: string): boolean {
    return this.#spellings(name).some((key) => this.#value[key] !== null);
  }

  /** Whether the object is `{}`, as user interfaces write one that is not set. */
  get isEmpty(): boolean {
    return this.#folded.size === 0;
  }

  /** The value of a key that is spelt just so. */
  exactly(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
  }

  /** The path of a field as it is spelt here. */
  at(name: string): Path {
    return [...this.path, this.#spellings(name).at(-1) ?? name];
  }

  /** Warns of keys that no field has and that look like one that is known: the plugin ignores them silently. */
  warnOfMisspellings(): void {
    const known = new Set([...this.#known].map(fold));
    const free = [...this.#known].filter((name) => !this.#folded.has(fold(name)));
    let left = 20;
    for (const [name, keys] of this.#folded) {
      if (known.has(name) || name.length < 3 || left-- <= 0) continue;
      const near = closest(name, free);
      const key = keys[0] ?? name;
      if (near !== undefined)
        this.report.warn(
          [...this.path, key],
          "UNKNOWN_FIELD",
          `is not a field that the plugin reads; did you mean "${near}"?`,
          { value: show(key), suggestion: near },
        );
    }
  }

  /** Warns of keys that are fields of another place: nothing reads them here. `why` goes on after "has no effect here: ". */
  warnOfMisplaced(names: readonly string[], why: string): void {
    const known = new Set([...this.#known].map(fold));
    for (const name of names)
      if (this.has(name) && !known.has(fold(name)))
        this.report.warn(this.at(name), "IGNORED", `has no effect here: ${why}`);
  }

  #spellings(name: string): readonly string[] {
    let folded = FIELDS.get(name);
    if (folded === undefined) {
      folded = fold(name);
      FIELDS.set(name, folded);
    }
    return this.#folded.get(folded) ?? NONE;
  }
}

/** The names of fields, which this program's rules hold, folded: as many as there are. */
const FIELDS = new Map<string, string>();
const NONE: readonly string[] = [];

/** Case folding of encoding/json: also the long s; toLowerCase maps the Kelvin sign by itself. */
export function fold(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes("ſ") ? lower.replaceAll("ſ", "s") : lower;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
