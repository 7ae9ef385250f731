import { Cursor, isBlankOrEnd, isBreak, isWordCharacter } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import { scanBlock } from "./scan-block.ts";
import { scanPlain } from "./scan-plain.ts";
import { scanQuoted } from "./scan-quoted.ts";
import { scanDirective, scanTag } from "./scan-tag.ts";
import { type SimpleKey, SimpleKeys } from "./simple-keys.ts";
import type { Mark, Token } from "./token.ts";

const AFTER_ANCHOR = new Set([..."?:,]}%@`"].map((character) => character.charCodeAt(0)));
const NO_PLAIN_START = new Set([..."-?:,[]{}#&*!|>'\"%@`"].map((character) => character.charCodeAt(0)));

/**
 * The tokens of a YAML text by the rules of libyaml, from which the parser of sigs.k8s.io/yaml is made: what
 * kubectl reads is what this reads. It differs from YAML 1.2 mostly in that it is laxer on indentation within
 * quotes, brackets and braces.
 */
export class Scanner {
  readonly #cursor: Cursor;
  readonly #tokens: Token[] = [];
  #taken = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #flowLevel = 0;
  #keyAllowed = true;
  readonly #keys: SimpleKeys;
  #ended = false;

  constructor(source: string, start: number, end: number) {
    this.#cursor = new Cursor(source, start, end);
    if (source.charCodeAt(start) === 0xfeff) this.#cursor.pos++;
    this.#keys = new SimpleKeys(this.#keyHere(false));
  }

  /** The next token, which stays. */
  peek(): Token {
    while (this.#needsMore()) this.#scanNext();
    return this.#tokens[0] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#tokens.shift();
    this.#taken++;
    return token;
  }

  /** More is needed as long as a key may begin at the first token: then another token comes before it. */
  #needsMore(): boolean {
    if (this.#tokens.length === 0) return !this.#ended;
    return this.#keys.mayBeginAt(this.#taken, this.#cursor);
  }

  #saveKey(): void {
    if (this.#keyAllowed) this.#keys.save(this.#keyHere(true));
  }

  #keyHere(possible: boolean): SimpleKey {
    const { pos, index, line, column } = this.#cursor;
    const required = this.#flowLevel === 0 && this.#indent === column;
    return { token: this.#taken + this.#tokens.length, possible, required, pos, index, line, column };
  }

  #scanNext(): void {
    const cursor = this.#cursor;
    this.#skipToToken();
    this.#closeBlocks(cursor.column);
    if (cursor.code() === 0) this.#fetchEnd();
    else if (cursor.column === 0 && cursor.is("%")) {
      this.#leaveDocument();
      this.#tokens.push(scanDirective(cursor));
    } else if (cursor.atDocumentIndicator()) {
      this.#leaveDocument();
      this.#mark(cursor.is("-") ? "document-start" : "document-end", 3);
    } else if (!this.#fetchFlowMark() && !this.#fetchBlockMark()) this.#fetchValuePart();
  }

  #fetchFlowMark(): boolean {
    const cursor = this.#cursor;
    if (cursor.is("[") || cursor.is("{")) {
      this.#saveKey();
      this.#keys.enter(this.#keyHere(false));
      this.#flowLevel++;
      this.#keyAllowed = true;
      this.#mark(cursor.is("[") ? "[" : "{");
    } else if (cursor.is("]") || cursor.is("}")) {
      this.#keys.drop();
      if (this.#flowLevel > 0) {
        this.#flowLevel--;
        this.#keys.leave();
      }
      this.#keyAllowed = false;
      this.#mark(cursor.is("]") ? "]" : "}");
    } else if (cursor.is(",")) {
      this.#keys.drop();
      this.#keyAllowed = true;
      this.#mark(",");
    } else return false;
    return true;
  }

  #fetchBlockMark(): boolean {
    const cursor = this.#cursor;
    const blankFollows = isBlankOrEnd(cursor.code(1));
    if (cursor.is("-") && blankFollows) this.#fetchEntry();
    else if (cursor.is("?") && (this.#flowLevel > 0 || blankFollows)) this.#fetchKey();
    else if (cursor.is(":") && (this.#flowLevel > 0 || blankFollows)) this.#fetchValue();
    else return false;
    return true;
  }

  /** A scalar, an alias, or what may stand before one. */
  #fetchValuePart(): void {
    const cursor = this.#cursor;
    if ((cursor.is("|") || cursor.is(">")) && this.#flowLevel === 0) {
      this.#fetchBlock();
      return;
    }
    const isMarked = cursor.is("*") || cursor.is("&") || cursor.is("!") || cursor.is("'") || cursor.is('"');
    if (!isMarked && !this.#mayBeginPlain())
      throw new YamlError(`a value cannot begin with ${shown(cursor.code())}`, cursor.pos);
    this.#saveKey();
    this.#keyAllowed = false;
    if (cursor.is("*") || cursor.is("&")) this.#fetchAnchor();
    else if (cursor.is("!")) this.#tokens.push(scanTag(cursor));
    else if (cursor.is("'")) this.#fetchQuoted("'");
    else if (cursor.is('"')) this.#fetchQuoted('"');
    else this.#fetchPlain();
  }

  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      while (cursor.is(" ") || ((this.#flowLevel > 0 || !this.#keyAllowed) && cursor.is("\t"))) cursor.skip();
      if (cursor.is("#")) cursor.skipRestOfLine();
      if (!isBreak(cursor.code())) return;
      cursor.skipBreak();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  /** Opens a block collection if the column is deeper than the current one. @param at among the tokens that wait */
  #openBlock(type: "block-sequence" | "block-mapping", column: number, start: number, at?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#insert({ type, start, end: start }, at);
  }

  /**
   * @param at among the tokens that wait; at the end if it is negative: the tokens of an empty "[]" or "{}" may have been
   *   taken before a ":" shows that it is a key (SimpleKeys.leave)
   */
  #insert(token: Token, at = -1): void {
    this.#tokens.splice(at < 0 ? this.#tokens.length : at, 0, token);
  }

  #closeBlocks(column: number): void {
    if (this.#flowLevel > 0) return;
    const { pos } = this.#cursor;
    while (this.#indent > column) {
      this.#tokens.push({ type: "block-end", start: pos, end: pos });
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #mark(type: Mark, width = 1): void {
    const start = this.#cursor.pos;
    this.#cursor.skip(width);
    this.#tokens.push({ type, start, end: this.#cursor.pos });
  }

  #leaveDocument(): void {
    this.#closeBlocks(-1);
    this.#keys.drop();
    this.#keyAllowed = false;
  }

  #fetchEnd(): void {
    // As if a line ended here: what cannot go on to a further line ends.
    if (this.#cursor.column !== 0) {
      this.#cursor.column = 0;
      this.#cursor.line++;
    }
    this.#leaveDocument();
    this.#mark("end", 0);
    this.#ended = true;
  }

  #fetchEntry(): void {
    const { pos, column } = this.#cursor;
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw new YamlError('a "- " that begins a list item is not allowed here', pos);
      this.#openBlock("block-sequence", column, pos);
    }
    this.#keys.drop();
    this.#keyAllowed = true;
    this.#mark("-");
  }

  #fetchKey(): void {
    const { pos, column } = this.#cursor;
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw new YamlError("a key is not allowed here", pos);
      this.#openBlock("block-mapping", column, pos);
    }
    this.#keys.drop();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#mark("?");
  }

  #fetchValue(): void {
    const { pos, column } = this.#cursor;
    const key = this.#keys.take(this.#cursor);
    if (key) {
      const at = key.token - this.#taken;
      this.#insert({ type: "?", start: key.pos, end: key.pos }, at);
      this.#openBlock("block-mapping", key.column, key.pos, at);
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed)
          throw new YamlError('a ": " is not allowed here: put the text before it in quotes', pos);
        this.#openBlock("block-mapping", column, pos);
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#mark(":");
  }

  #fetchAnchor(): void {
    const cursor = this.#cursor;
    const start = cursor.pos;
    const type = cursor.is("*") ? "alias" : "anchor";
    cursor.skip();
    const from = cursor.pos;
    while (isWordCharacter(cursor.code())) cursor.skip();
    const name = cursor.source.slice(from, cursor.pos);
    if (name === "" || !(isBlankOrEnd(cursor.code()) || AFTER_ANCHOR.has(cursor.code())))
      throw new YamlError(
        `"${type === "alias" ? "*" : "&"}" begins the name of an ${type}, of letters, digits, _ and -: put a text that begins so in quotes`,
        start,
      );
    this.#tokens.push({ type, start, end: cursor.pos, name });
  }

  #fetchQuoted(quote: "'" | '"'): void {
    const start = this.#cursor.pos;
    const { value, runs } = scanQuoted(this.#cursor, quote);
    this.#tokens.push({ type: "scalar", start, end: this.#cursor.pos, value, runs, plain: false });
  }

  #fetchBlock(): void {
    this.#keys.drop();
    this.#keyAllowed = true;
    const start = this.#cursor.pos;
    const { value, runs } = scanBlock(this.#cursor, this.#indent);
    this.#tokens.push({ type: "scalar", start, end: this.#cursor.pos, value, runs, plain: false });
  }

  #fetchPlain(): void {
    const start = this.#cursor.pos;
    const { text, crossedLine } = scanPlain(this.#cursor, this.#indent + 1, this.#flowLevel > 0);
    if (crossedLine) this.#keyAllowed = true;
    const { value, runs } = text;
    this.#tokens.push({ type: "scalar", start, end: this.#cursor.pos, value, runs, plain: true });
  }

  #mayBeginPlain(): boolean {
    const cursor = this.#cursor;
    const [first, second] = [cursor.code(), cursor.code(1)];
    if (!isBlankOrEnd(first) && !NO_PLAIN_START.has(first)) return true;
    if (cursor.is("-")) return second !== 0x20 && second !== 0x09;
    return this.#flowLevel === 0 && (cursor.is("?") || cursor.is(":")) && !isBlankOrEnd(second);
  }
}

function shown(code: number): string {
  if (code === 0x09) return "a tab: indent with spaces";
  return `"${String.fromCharCode(code)}": put it in quotes`;
}
