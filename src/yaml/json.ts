import { YamlError } from "./errors.ts";
import type { Node } from "./node.ts";
import { MAX_DEPTH } from "./parser.ts";
import { ScalarText } from "./scalar-text.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON forbids in a string
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * One JSON value of a stream, from `start` on, where it ends, and what is wrong with it beyond the syntax. Throws
 * YamlError if it is not JSON.
 */
export function parseJson(source: string, start: number): { node: Node; end: number; fault?: YamlError } {
  const reading = new JsonReading(source, start);
  const node = reading.value(0);
  return { node, end: reading.at, ...(reading.fault ? { fault: reading.fault } : {}) };
}

class JsonReading {
  readonly #source: string;
  at: number;
  fault: YamlError | undefined;

  constructor(source: string, at: number) {
    this.#source = source;
    this.at = at;
  }

  value(depth: number): Node {
    this.#match(SPACE);
    if (depth > MAX_DEPTH) throw new YamlError(`is nested deeper than ${MAX_DEPTH} levels`, this.at);
    const start = this.at;
    const first = this.#source[start];
    if (first === '"') return this.#string();
    if (first === "[" || first === "{") return this.#collection(first, depth);
    const plain = this.#match(NUMBER) || this.#match(WORD);
    if (plain === "") throw this.#unexpected("a value is expected");
    if (/[0-9]/.test(plain) && !Number.isFinite(Number(plain)))
      this.fault ??= new YamlError("a number is too large", start);
    return { kind: "scalar", start, value: plain, runs: [], implicit: true, tag: "", absent: false };
  }

  #collection(open: "[" | "{", depth: number): Node {
    const start = this.at;
    const node: Node =
      open === "["
        ? { kind: "sequence", start, tag: "", items: [] }
        : { kind: "mapping", start, tag: "", pairs: [] };
    const close = open === "[" ? "]" : "}";
    this.at++;
    this.#match(SPACE);
    if (this.#takes(close)) return node;
    do {
      if (node.kind === "sequence") node.items.push(this.value(depth + 1));
      else node.pairs.push(this.#pair(depth));
      this.#match(SPACE);
    } while (this.#takes(","));
    if (!this.#takes(close)) throw this.#unexpected(`a "," or "${close}" is expected`);
    return node;
  }

  #pair(depth: number): { key: Node; value: Node } {
    this.#match(SPACE);
    if (this.#source[this.at] !== '"') throw this.#unexpected("a key in double quotes is expected");
    const key = this.#string();
    this.#match(SPACE);
    if (!this.#takes(":")) throw this.#unexpected('a ":" is expected');
    return { key, value: this.value(depth + 1) };
  }

  #string(): Node {
    const start = this.at++;
    const text = new ScalarText();
    for (;;) {
      const from = this.at;
      text.add(this.#match(PLAIN), from);
      const at = this.at;
      const escaped = this.#match(ESCAPE);
      if (escaped === "") break;
      text.put(JSON.parse(`"${escaped}"`) as string, at);
    }
    if (!this.#takes('"'))
      throw this.#unexpected("a string is not closed, or contains a character that must be escaped");
    const { value, runs } = text;
    return {
      kind: "scalar",
      start,
      value: value.toWellFormed(),
      runs,
      implicit: false,
      tag: "",
      absent: false,
    };
  }

  #takes(character: string): boolean {
    if (this.#source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#source)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  #unexpected(message: string): YamlError {
    return new YamlError(this.at >= this.#source.length ? "unexpected end of input" : message, this.at);
  }
}
