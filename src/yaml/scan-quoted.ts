import { type Cursor, isBlank, isBlankOrEnd, isBreak } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import { ScalarText } from "./scalar-text.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "'": "'",
  "\\": "\\",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * A scalar in quotes. As in libyaml, its lines may stand at any column and may begin with tabs; only a line
 * that is a document indicator ends it.
 */
export function scanQuoted(cursor: Cursor, quote: "'" | '"'): ScalarText {
  const text = new ScalarText();
  const start = cursor.pos;
  cursor.skip();
  for (;;) {
    if (cursor.atDocumentIndicator())
      throw new YamlError("a document indicator within quotes; the quote is opened here", start);
    if (cursor.code() === 0) throw new YamlError("the quote that is opened here is not closed", start);
    const escapedBreak = scanWord(cursor, quote, text);
    if (cursor.is(quote)) break;
    scanBlanks(cursor, text, escapedBreak);
  }
  cursor.skip();
  return text;
}

/** Up to a blank or the closing quote. True if it ends with an escaped line break. */
function scanWord(cursor: Cursor, quote: "'" | '"', text: ScalarText): boolean {
  const { source } = cursor;
  while (!isBlankOrEnd(cursor.code())) {
    const from = cursor.pos;
    if (quote === "'" && cursor.is("'") && cursor.is("'", 1)) {
      text.put("'", from);
      cursor.skip(2);
    } else if (cursor.is(quote)) return false;
    else if (quote === '"' && cursor.is("\\")) {
      if (isBreak(cursor.code(1))) {
        cursor.skip();
        cursor.skipBreak();
        return true;
      }
      text.put(scanEscape(cursor), from);
    } else {
      cursor.skip();
      text.add(source.slice(from, cursor.pos), from);
    }
  }
  return false;
}

function scanEscape(cursor: Cursor): string {
  const start = cursor.pos;
  const name = cursor.code(1) === 0 ? "" : String.fromCharCode(cursor.code(1));
  const plain = Object.hasOwn(ESCAPES, name) ? ESCAPES[name] : undefined;
  if (plain !== undefined) {
    cursor.skip(2);
    return plain;
  }
  const count = Object.hasOwn(DIGITS, name) ? (DIGITS[name] ?? 0) : 0;
  if (count === 0)
    throw new YamlError(
      name === "/" ? 'the escape "\\/" is JSON\'s, and not YAML\'s: write "/"' : "an unknown escape sequence",
      start,
    );
  cursor.skip(2);
  const digits = cursor.source.slice(cursor.pos, cursor.pos + count);
  if (digits.length !== count || !/^[0-9a-fA-F]+$/.test(digits))
    throw new YamlError(`an escape sequence that requires ${count} hexadecimal digits`, start);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new YamlError("an escape for a code that is not a Unicode character", start);
  cursor.skip(count);
  return String.fromCodePoint(code);
}

/** Blanks within a line stay; line breaks are folded: one becomes a blank, of more the first is dropped. */
function scanBlanks(cursor: Cursor, text: ScalarText, afterEscapedBreak: boolean): void {
  const from = cursor.pos;
  let broken = afterEscapedBreak;
  let leading = "";
  let trailing = "";
  while (isBlank(cursor.code()) || isBreak(cursor.code())) {
    if (isBlank(cursor.code())) cursor.skip();
    else if (broken) trailing += cursor.skipBreak();
    else {
      leading = cursor.skipBreak();
      broken = true;
    }
  }
  if (!broken) text.add(cursor.source.slice(from, cursor.pos), from);
  else text.put(foldedBreak(leading, trailing), from);
}

/** What a line break and those after it stand for in a scalar that is folded. */
export function foldedBreak(leading: string, trailing: string): string {
  if (leading !== "\n") return leading + trailing;
  return trailing === "" ? " " : trailing;
}
