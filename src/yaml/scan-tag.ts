import { type Cursor, isBlank, isBlankOrEnd, isBreak, isDigit, isWordCharacter } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import type { Token } from "./token.ts";

const URI = new Set([...";/?:@&=+$,.!~*'()[]%"].map((character) => character.charCodeAt(0)));

/** `!name`, `!!name`, `!handle!name` or `!<uri>`. */
export function scanTag(cursor: Cursor): Token {
  const start = cursor.pos;
  let handle: string;
  let suffix: string;
  if (cursor.is("<", 1)) {
    cursor.skip(2);
    handle = "";
    suffix = scanUri(cursor, start);
    if (!cursor.is(">")) throw new YamlError('a tag that is opened with "!<" ends with ">"', start);
    cursor.skip();
  } else {
    handle = scanHandle(cursor);
    if (handle.length > 1 && handle.endsWith("!")) suffix = scanUri(cursor, start);
    else {
      suffix = handle.slice(1) + scanUri(cursor, start, true);
      [handle, suffix] = suffix === "" ? ["", "!"] : ["!", suffix];
    }
  }
  if (!isBlankOrEnd(cursor.code())) throw new YamlError("a tag must end with a space", cursor.pos);
  return { type: "tag", start, end: cursor.pos, handle, suffix };
}

/** `%YAML 1.1` or `%TAG !x! prefix`, to the end of the line. */
export function scanDirective(cursor: Cursor): Token {
  const start = cursor.pos;
  cursor.skip();
  const name = scanWord(cursor);
  if (!isBlankOrEnd(cursor.code()) || (name !== "YAML" && name !== "TAG"))
    throw new YamlError('a line that begins with "%" is a directive, and this one is not known', start);
  cursor.skipBlanks();
  const token = name === "YAML" ? scanVersion(cursor, start) : scanTagDirective(cursor, start);
  if (!cursor.skipRestOfLine())
    throw new YamlError("only a comment may follow on the line of a directive", cursor.pos);
  if (isBreak(cursor.code())) cursor.skipBreak();
  return token;
}

function scanVersion(cursor: Cursor, start: number): Token {
  const from = cursor.pos;
  while (isDigit(cursor.code()) || cursor.is(".")) cursor.skip();
  const version = cursor.source.slice(from, cursor.pos);
  if (!/^\d{1,2}\.\d{1,2}$/.test(version)) throw new YamlError("%YAML is followed by a version", start);
  return { type: "version", start, end: cursor.pos, version };
}

function scanTagDirective(cursor: Cursor, start: number): Token {
  const handle = cursor.is("!") ? scanHandle(cursor) : "";
  if (!isBlank(cursor.code()) || (handle !== "!" && !/^!.*!$/.test(handle)))
    throw new YamlError("%TAG is followed by a handle, as in !x!", start);
  cursor.skipBlanks();
  const prefix = scanUri(cursor, start);
  if (!isBlankOrEnd(cursor.code())) throw new YamlError("a tag must end with a space", cursor.pos);
  return { type: "tag-directive", start, end: cursor.pos, handle, prefix };
}

function scanHandle(cursor: Cursor): string {
  const from = cursor.pos;
  cursor.skip();
  scanWord(cursor);
  if (cursor.is("!")) cursor.skip();
  return cursor.source.slice(from, cursor.pos);
}

function scanWord(cursor: Cursor): string {
  const from = cursor.pos;
  while (isWordCharacter(cursor.code())) cursor.skip();
  return cursor.source.slice(from, cursor.pos);
}

function scanUri(cursor: Cursor, start: number, mayBeEmpty = false): string {
  const from = cursor.pos;
  while (isWordCharacter(cursor.code()) || URI.has(cursor.code())) cursor.skip();
  const raw = cursor.source.slice(from, cursor.pos);
  if (raw === "" && !mayBeEmpty) throw new YamlError("a tag without a name", start);
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new YamlError('a "%" in a tag begins an octet, as in %21', start);
  }
}
