import { YamlError } from "./errors.ts";
import type { Node } from "./node.ts";
import { Scanner } from "./scanner.ts";
import type { Token } from "./token.ts";

/** kubectl reads 10,000 levels. No object has so many, and what works on one may recurse. */
export const MAX_DEPTH = 500;

/**
 * The first document of a part of the source, as kubectl reads one: what follows its end is not read.
 * Undefined if there is none. Throws YamlError.
 */
export function parseYaml(source: string, start = 0, end = source.length): Node | undefined {
  return new Parser(new Scanner(source, start, end)).document();
}

/** Puts tokens together, by the grammar that libyaml reads. */
class Parser {
  readonly #scanner: Scanner;
  readonly #anchors = new Map<string, Node>();
  readonly #tagPrefixes = new Map<string, string>();
  #depth = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  document(): Node | undefined {
    if (this.#at("end")) return undefined;
    const explicit = this.#at("version", "tag-directive", "document-start");
    this.#directives();
    if (explicit) {
      if (!this.#at("document-start"))
        throw new YamlError('a directive belongs before a line "---"', this.#scanner.peek().start);
      this.#scanner.take();
    }
    const empty = this.#at("version", "tag-directive", "document-start", "document-end", "end");
    const node = explicit && empty ? absent(this.#scanner.peek().start) : this.#node(true, false);
    this.#scanner.peek(); // libyaml looks at what follows, and rejects what is not a token
    return node;
  }

  #directives(): void {
    let version = false;
    for (let token = this.#scanner.peek(); ; token = this.#scanner.peek()) {
      if (token.type === "version") {
        if (version) throw new YamlError("a second %YAML directive", token.start);
        requireVersion(token);
        version = true;
      } else if (token.type === "tag-directive") this.#tagDirective(token);
      else break;
      this.#scanner.take();
    }
    if (!this.#tagPrefixes.has("!")) this.#tagPrefixes.set("!", "!");
    if (!this.#tagPrefixes.has("!!")) this.#tagPrefixes.set("!!", "tag:yaml.org,2002:");
  }

  #tagDirective({ handle, prefix, start }: Token & { type: "tag-directive" }): void {
    if (this.#tagPrefixes.has(handle)) throw new YamlError("a second %TAG directive of this handle", start);
    this.#tagPrefixes.set(handle, prefix);
  }

  #at(...types: Token["type"][]): boolean {
    return types.includes(this.#scanner.peek().type);
  }

  #node(block: boolean, indentless: boolean): Node {
    const first = this.#scanner.peek();
    if (first.type === "alias") {
      this.#scanner.take();
      const target = this.#anchors.get(first.name);
      if (!target)
        throw new YamlError(`the anchor "&${first.name}" is not defined before this alias`, first.start);
      return { kind: "alias", start: first.start, name: first.name, target };
    }
    const properties = this.#properties();
    if (++this.#depth > MAX_DEPTH)
      throw new YamlError(`is nested deeper than ${MAX_DEPTH} levels`, first.start);
    const node = this.#content(block, indentless, properties);
    this.#depth--;
    return node;
  }

  #properties(): Properties {
    let anchor: string | undefined;
    let tag = "";
    for (let token = this.#scanner.peek(); ; token = this.#scanner.peek()) {
      if (token.type === "anchor" && anchor === undefined) anchor = token.name;
      else if (token.type === "tag" && tag === "") tag = this.#tagOf(token);
      else return { anchor, tag };
      this.#scanner.take();
    }
  }

  #tagOf({ handle, suffix, start }: Token & { type: "tag" }): string {
    if (handle === "") return suffix;
    const prefix = this.#tagPrefixes.get(handle);
    if (prefix === undefined) throw new YamlError(`the tag handle "${handle}" is not defined`, start);
    return prefix + suffix;
  }

  #content(block: boolean, indentless: boolean, properties: Properties): Node {
    const token = this.#scanner.peek();
    switch (token.type) {
      case "scalar":
        return this.#scalar(token, properties);
      case "[":
        return this.#sequence(properties, (items) => this.#flowSequence(items));
      case "{":
        return this.#mapping(properties, (pairs) => this.#flowMapping(pairs));
    }
    if (indentless && token.type === "-")
      return this.#sequence(properties, (items) => this.#indentlessSequence(items));
    if (block && token.type === "block-sequence")
      return this.#sequence(properties, (items) => this.#blockSequence(items));
    if (block && token.type === "block-mapping")
      return this.#mapping(properties, (pairs) => this.#blockMapping(pairs));
    const { anchor, tag } = properties;
    if (anchor !== undefined || tag !== "")
      return this.#named(anchor, { ...absent(token.start), tag, implicit: tag === "", absent: false });
    throw new YamlError(
      token.type === "end" ? "unexpected end of input" : `a value is expected, not ${wordFor(token)}`,
      token.start,
    );
  }

  #scalar({ start, value, runs, plain }: Token & { type: "scalar" }, { anchor, tag }: Properties): Node {
    this.#scanner.take();
    const implicit = (tag === "" && plain) || tag === "!";
    return this.#named(anchor, { kind: "scalar", start, value, runs, implicit, tag, absent: false });
  }

  #sequence({ anchor, tag }: Properties, read: (items: Node[]) => void): Node {
    const { start } = this.#scanner.peek();
    const items: Node[] = [];
    const node = this.#named(anchor, { kind: "sequence", start, tag, items });
    read(items);
    return node;
  }

  #mapping({ anchor, tag }: Properties, read: (pairs: Pair[]) => void): Node {
    const { start } = this.#scanner.peek();
    const pairs: Pair[] = [];
    const node = this.#named(anchor, { kind: "mapping", start, tag, pairs });
    read(pairs);
    return node;
  }

  /** An anchor is known before what it names is read: an alias within refers to it. */
  #named(anchor: string | undefined, node: Node): Node {
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #blockSequence(items: Node[]): void {
    const { start } = this.#scanner.take();
    while (this.#at("-")) {
      const { end } = this.#scanner.take();
      items.push(this.#at("-", "block-end") ? absent(end) : this.#node(true, false));
    }
    this.#close("block-end", 'a "- " is expected: another item of the list, in its column', start);
  }

  /** A list at the column of its key. */
  #indentlessSequence(items: Node[]): void {
    while (this.#at("-")) {
      const { end } = this.#scanner.take();
      items.push(this.#at("-", "?", ":", "block-end") ? absent(end) : this.#node(true, false));
    }
  }

  #blockMapping(pairs: Pair[]): void {
    const { start } = this.#scanner.take();
    const part = () => {
      const { end } = this.#scanner.take();
      return this.#at("?", ":", "block-end") ? absent(end) : this.#node(true, true);
    };
    while (this.#at("?")) {
      const key = part();
      const value = this.#at(":") ? part() : absent(this.#scanner.peek().start);
      pairs.push({ key, value });
    }
    this.#close("block-end", "a key is expected, in the column of those before it", start);
  }

  #flowSequence(items: Node[]): void {
    const { start } = this.#scanner.take();
    for (let first = true; !this.#at("]"); first = false) {
      if (!first) {
        this.#close(",", 'a "," or "]" is expected', start);
        if (this.#at("]")) break;
      }
      if (this.#at("end")) this.#close("]", "", start);
      items.push(this.#at("?") ? this.#pairInSequence() : this.#node(false, false));
    }
    this.#scanner.take();
  }

  /** `[a: b]` is `[{a: b}]`. */
  #pairInSequence(): Node {
    const { start, end } = this.#scanner.take();
    let key: Node = absent(end);
    if (this.#at(":", ",", "]")) {
      // libyaml passes over this token when it makes the empty key.
      this.#scanner.take();
    } else key = this.#node(false, false);
    return { kind: "mapping", start, tag: "", pairs: [{ key, value: this.#flowValue("]") }] };
  }

  #flowMapping(pairs: Pair[]): void {
    const { start } = this.#scanner.take();
    for (let first = true; !this.#at("}"); first = false) {
      if (!first) {
        this.#close(",", 'a "," or "}" is expected', start);
        if (this.#at("}")) break;
      }
      if (this.#at("end")) this.#close("}", "", start);
      if (this.#at("?")) {
        const { end } = this.#scanner.take();
        const key = this.#at(":", ",", "}") ? absent(end) : this.#node(false, false);
        pairs.push({ key, value: this.#flowValue("}") });
      } else {
        const key = this.#node(false, false);
        pairs.push({ key, value: absent(this.#scanner.peek().start) });
      }
    }
    this.#scanner.take();
  }

  #flowValue(closing: "]" | "}"): Node {
    if (this.#at(":")) {
      this.#scanner.take();
      if (!this.#at(",", closing)) return this.#node(false, false);
    }
    return absent(this.#scanner.peek().start);
  }

  #close(type: Token["type"], otherwise: string, opened: number): void {
    const token = this.#scanner.peek();
    if (token.type !== type)
      throw new YamlError(
        token.type === "end" ? "the collection that is opened here is not closed" : otherwise,
        token.type === "end" ? opened : token.start,
      );
    this.#scanner.take();
  }
}

type Pair = { key: Node; value: Node };

/** What may stand before a node's content. */
interface Properties {
  anchor: string | undefined;
  /** Empty if there is none. */
  tag: string;
}

/** How libyaml reads the number 1.1. */
const VERSIONS = ["1.1", "01.01", "1.01", "01.1"];

function requireVersion({ version, start }: Token & { type: "version" }): void {
  if (!VERSIONS.includes(version)) throw new YamlError(`kubectl reads YAML 1.1 only, not ${version}`, start);
}

function absent(start: number) {
  return { kind: "scalar", start, value: "", runs: [], implicit: true, tag: "", absent: true } as const;
}

function wordFor({ type }: Token): string {
  if (type.length === 1) return `"${type}"`;
  if (type.startsWith("block-")) return "a line with less indentation";
  return `a ${type.replace("-", " ")}`;
}
