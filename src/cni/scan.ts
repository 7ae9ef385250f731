/** What a scan finds of each value, in the order of the text. */
export interface Visitor {
  /** `path` is one array that changes from call to call. */
  value?(path: readonly (string | number)[], offset: number): void;
  duplicate?(path: readonly (string | number)[]): void;
}

export type Scan = { ok: true; depth: number } | { ok: false; offset: number; message: string };

/** Go's encoding/json gives up beyond this depth. */
const GO_DEPTH = 10_000;
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON forbids in a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** A list or an object that is open, and what it has so far. */
interface Frame {
  close: "]" | "}";
  index: number;
  keys: Set<string> | undefined;
}

/** One pass over strict JSON (RFC 8259), without recursion: finds the first fault, and shows each value and duplicate key. */
export function scan(text: string, visitor: Visitor = {}): Scan {
  const scanner = new Scanner(text, visitor);
  const fault = scanner.document();
  if (fault === undefined) return { ok: true, depth: scanner.depth };
  const offset = scanner.at;
  return { ok: false, offset, message: offset >= text.length ? "unexpected end of input" : fault };
}

/** A place in the text, and the way to it. Methods pass over what they read, or return what is wrong at `at`. */
class Scanner {
  at = 0;
  /** The most levels that were open at once. */
  depth = 0;
  readonly #text: string;
  readonly #visitor: Visitor;
  readonly #path: (string | number)[] = [];
  readonly #frames: Frame[] = [];

  constructor(text: string, visitor: Visitor) {
    this.#text = text;
    this.#visitor = visitor;
  }

  document(): string | undefined {
    for (;;) {
      const fault = this.#value();
      if (fault !== undefined) return fault;
      const open = this.#closeEnded();
      if (!open) return this.at === this.#text.length ? undefined : "nothing may follow the value";
      const missing = this.#separator(open);
      if (missing !== undefined) return missing;
    }
  }

  /** Opens lists and objects as far as the first value that contains no other: plain, or an empty one of them. */
  #value(): string | undefined {
    for (;;) {
      this.#match(SPACE);
      const first = this.#text[this.at];
      if (first !== "{" && first !== "[") return this.#plain();
      this.#visitor.value?.(this.#path, this.at);
      this.at++;
      this.#match(SPACE);
      const close = first === "[" ? "]" : "}";
      if (this.#text[this.at] === close) {
        this.at++;
        return undefined;
      }
      const fault = this.#open({ close, index: 0, keys: undefined });
      if (fault !== undefined) return fault;
    }
  }

  /** A string, a number, true, false or null. */
  #plain(): string | undefined {
    const start = this.at;
    const plain = this.#match(STRING) ?? this.#match(NUMBER) ?? this.#match(WORD);
    if (plain === undefined)
      return this.#text[start] === '"'
        ? "a string is not closed, or contains a character that must be escaped"
        : "a value is expected";
    this.#visitor.value?.(this.#path, start);
    // Go rejects a number that overflows float64 wherever it stands.
    if (plain[0] !== '"' && Math.abs(Number(plain)) === Number.POSITIVE_INFINITY) {
      this.at = start;
      return "a number is too large for Go to read";
    }
    return undefined;
  }

  #open(frame: Frame): string | undefined {
    this.#frames.push(frame);
    this.depth = Math.max(this.depth, this.#frames.length);
    if (this.depth > GO_DEPTH) return `is nested deeper than ${GO_DEPTH} levels`;
    this.#path.push(0);
    return frame.close === "]" ? undefined : this.#key(frame);
  }

  /** Closes what ends after a value. Returns what is still open then. */
  #closeEnded(): Frame | undefined {
    for (;;) {
      this.#match(SPACE);
      const frame = this.#frames.at(-1);
      if (!frame || this.#text[this.at] !== frame.close) return frame;
      this.at++;
      this.#frames.pop();
      this.#path.pop();
    }
  }

  /** The comma before another value of a list or object, and in an object its key. */
  #separator(frame: Frame): string | undefined {
    if (this.#text[this.at] !== ",") return `a "," or "${frame.close}" is expected`;
    this.at++;
    if (frame.close === "}") return this.#key(frame);
    this.#path[this.#path.length - 1] = ++frame.index;
    return undefined;
  }

  /** An object's key with its colon. */
  #key(frame: Frame): string | undefined {
    this.#match(SPACE);
    const raw = this.#match(STRING);
    if (raw === undefined) return "a key in double quotes is expected";
    const name = JSON.parse(raw) as string;
    this.#path[this.#path.length - 1] = name;
    if (frame.keys?.has(name)) this.#visitor.duplicate?.(this.#path);
    frame.keys = (frame.keys ?? new Set<string>()).add(name);
    this.#match(SPACE);
    if (this.#text[this.at] !== ":") return 'a ":" is expected';
    this.at++;
    return undefined;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

/** Finds line and column, both from 1, of offsets in one text. */
export function positions(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
