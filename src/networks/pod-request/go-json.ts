import { show } from "../../cni/finding.ts";
import { positions, scan } from "../../cni/scan.ts";
import { Mismatch } from "../errors.ts";
import { Reader } from "./json-reader.ts";

/**
 * Decodes JSON text as Go's encoding/json decodes it into a struct: keys match without regard to case, of
 * duplicates the last counts (and null leaves a scalar as it was), a value of another type is an error,
 * unknown keys are passed over. Multus reads annotations so; JSON.parse would read them otherwise.
 */
export type Decoded<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** What is wrong with an annotation. The message is one line and bounded. */
export interface Problem {
  /** Stable, for scripts. */
  code: string;
  message: string;
}

/** Reads one value. `previous` is what an earlier duplicate of the key left; undefined is Go's zero value or nil. */
export type Decoder<T> = (reader: Reader, previous: T | undefined) => T | undefined;

const INTEGER = /^-?[0-9]+$/;

/** Decodes `text`. Never throws on any text; undefined where it is `null`. */
export function decodeGo<T>(text: string, decoder: Decoder<T>): Decoded<T | undefined> {
  try {
    JSON.parse(text); // the syntax, at native speed and without recursion; what follows relies on it
  } catch {
    const fault = scan(text);
    const at = fault.ok ? undefined : positions(text)(fault.offset);
    const where = at ? ` (line ${at.line}, column ${at.column})` : "";
    return failed(
      "BAD_JSON",
      `is not valid JSON: ${fault.ok ? "it cannot be parsed" : fault.message}${where}`,
    );
  }
  try {
    return { ok: true, value: decoder(new Reader(text), undefined) };
  } catch (error) {
    if (error instanceof Mismatch) return failed(error.code, error.message);
    throw error;
  }
}

export function failed(code: string, message: string): { ok: false; problem: Problem } {
  return { ok: false, problem: { code, message } };
}

/** Go: string. */
export const text: Decoder<string> = (reader, previous) => {
  if (reader.next === '"') return reader.string();
  if (reader.null()) return previous;
  throw reader.mismatch("a string");
};

/** Go: bool. */
export const flag: Decoder<boolean> = (reader, previous) => {
  if (reader.null()) return previous;
  if (reader.next === "t" || reader.next === "f") return reader.literal() === "true";
  throw reader.mismatch("true or false");
};

/** Go: int of 64 bits. 1.0 and 1e3 are none. */
export const integer: Decoder<number> = (reader, previous) => {
  if (reader.null()) return previous;
  if (!/[-0-9]/.test(reader.next)) throw reader.mismatch("a whole number");
  const literal = reader.literal();
  const value = INTEGER.test(literal) ? BigInt(literal) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    throw new Mismatch("WRONG_TYPE", `"${reader.field}" must be a whole number (it is ${show(literal)})`);
  return Number(value);
};

/**
 * Go: a slice. Decoding into one again reuses its elements, also those beyond its length (reflect.Value.SetLen).
 * Go takes any number of items; `most` bounds what a tenant can make this program do.
 */
export function list<T>(item: Decoder<T>, most = Number.POSITIVE_INFINITY): Decoder<(T | undefined)[]> {
  const beyond = new WeakMap<object, (T | undefined)[]>();
  return (reader, previous) => {
    if (reader.null()) return undefined;
    if (reader.next !== "[") throw reader.mismatch("a list");
    const old = previous ? [...previous, ...(beyond.get(previous) ?? [])] : [];
    const items: (T | undefined)[] = [];
    reader.array((index) => {
      if (index >= most) throw new Mismatch("TOO_MANY", `has more than ${most} items`);
      items.push(item(reader, old[index]));
    });
    if (items.length > 0 && old.length > items.length) beyond.set(items, old.slice(items.length));
    return items;
  };
}

/** Go: a struct, or with `pointer` a pointer to one: null then is nil. Fields that the text does not set are absent. */
export function struct<T extends object>(
  fields: { [K in keyof T]: Decoder<T[K]> },
  kind: "struct" | "pointer" = "struct",
): Decoder<Partial<T>> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const exact = new Map(names.map((name) => [name as string, name]));
  const folded = new Map(names.map((name) => [fold(name), name]));
  return (reader, previous) => {
    if (reader.null()) return kind === "pointer" ? undefined : previous;
    if (reader.next !== "{") throw reader.mismatch("an object");
    const values: Partial<T> = { ...previous };
    reader.object((key) => {
      const name = exact.get(key) ?? folded.get(fold(key));
      if (name === undefined) {
        reader.skip();
        return;
      }
      const outer = reader.field;
      reader.field = outer === "" ? name : `${outer}.${name}`;
      const value = fields[name](reader, values[name]);
      reader.field = outer;
      if (value === undefined) delete values[name];
      else values[name] = value;
    });
    return values;
  };
}

/** Go: map[string]interface{}. The JSON text of each value, which can be anything, but no number beyond float64. */
export const rawValues: Decoder<Map<string, string>> = (reader, previous) => {
  if (reader.null()) return undefined;
  if (reader.next !== "{") throw reader.mismatch("an object");
  const values = new Map(previous);
  reader.object((key) => {
    const value = reader.raw((literal) => {
      if (!Number.isFinite(Number(literal)))
        throw new Mismatch("WRONG_TYPE", `"${reader.field}" contains a number that is too large for Go`);
    });
    values.set(key, value);
  });
  return values;
};

/** Go: a type with UnmarshalText. `accepts` says whether it takes the text. */
export function parsed(accepts: (text: string) => boolean, what: string): Decoder<string> {
  return (reader) => {
    if (reader.null()) return undefined;
    if (reader.next !== '"') throw reader.mismatch(what);
    const value = reader.string();
    if (accepts(value)) return value;
    throw new Mismatch("BAD_VALUE", `"${reader.field}" must be ${what} (it is ${show(value)})`);
  };
}

/** Go compares keys under simple case folding: besides A–Z only the long s and the Kelvin sign fold to ASCII. */
function fold(key: string): string {
  return key
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll("\u017f", "s")
    .replaceAll("\u212a", "k");
}
