import { show } from "../../cni/finding.ts";
import { Mismatch } from "../errors.ts";

/** Go's encoding/json gives up beyond this depth. */
const DEEPEST = 10_000;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const LITERAL = /[^\s,\]}]+/y;
const SPACE = " ".charCodeAt(0);

/** A place in text that is known to be valid JSON. */
export class Reader {
  readonly #text: string;
  #at = 0;
  /** The field that is being read, for messages. */
  field = "";

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  /** The character that the next value begins with. */
  get next(): string {
    return this.#text[this.#at] ?? "";
  }

  /** True, and passed over, where the next value is null. */
  null(): boolean {
    if (this.next !== "n") return false;
    this.literal();
    return true;
  }

  /** The next value: a number, true, false or null, as written. */
  literal(): string {
    const found = this.#match(LITERAL);
    this.#skipSpace();
    return found;
  }

  /** The next value, a string. Go replaces halves of surrogate pairs. */
  string(): string {
    const found = this.#string();
    const inner = found.includes("\\") ? (JSON.parse(found) as string) : found.slice(1, -1);
    return inner.toWellFormed();
  }

  /** Calls `each` for every key of the next value, an object; it has to read or skip the key's value. */
  object(each: (key: string) => void): void {
    this.#all("}", () => {
      const key = this.string();
      this.#step(); // the colon
      each(key);
    });
  }

  /** Calls `each` for every item of the next value, an array; it has to read or skip it. */
  array(each: (index: number) => void): void {
    let index = 0;
    this.#all("]", () => each(index++));
  }

  /** Passes over a value of any kind; `numbers` is called with each number in it. */
  skip(numbers?: (literal: string) => void): void {
    let depth = 0;
    do {
      depth += this.#skipPart(numbers);
      if (depth > DEEPEST) throw new Mismatch("TOO_DEEP", `is nested deeper than ${DEEPEST} levels`);
    } while (depth > 0);
  }

  /** As `skip`; the value's text. */
  raw(numbers?: (literal: string) => void): string {
    const start = this.#at;
    this.skip(numbers);
    return this.#text.slice(start, this.#at).trimEnd();
  }

  mismatch(expected: string): Mismatch {
    const found = { "{": "an object", "[": "a list", '"': "a string" }[this.next] ?? show(this.literal());
    return new Mismatch(
      "WRONG_TYPE",
      `${this.field === "" ? "" : `"${this.field}" `}must be ${expected} (it is ${found})`,
    );
  }

  #all(end: string, each: () => void): void {
    this.#step();
    while (this.next !== end) {
      each();
      if (this.next === ",") this.#step();
    }
    this.#step();
  }

  /** Passes over a bracket, a comma, a colon or a plain value. Returns by how much it changes the depth. */
  #skipPart(numbers?: (literal: string) => void): -1 | 0 | 1 {
    switch (this.next) {
      case "{":
      case "[":
        this.#step();
        return 1;
      case "}":
      case "]":
        this.#step();
        return -1;
      case ",":
      case ":":
        this.#step();
        return 0;
      case '"':
        this.#string();
        return 0;
    }
    const literal = this.literal();
    if (numbers && /[-0-9]/.test(literal[0] ?? "")) numbers(literal);
    return 0;
  }

  /** A string as written, with its quotes. Most have no escape, and end at the next quote. */
  #string(): string {
    const end = this.#text.indexOf('"', this.#at + 1) + 1;
    let found = this.#text.slice(this.#at, end);
    if (found.includes("\\")) found = this.#match(STRING);
    else this.#at = end;
    this.#skipSpace();
    return found;
  }

  #step(): void {
    this.#at++;
    this.#skipSpace();
  }

  /** The text is valid JSON: between its values, whatever is not above a space is white space. */
  #skipSpace(): void {
    while (this.#text.charCodeAt(this.#at) <= SPACE) this.#at++;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
