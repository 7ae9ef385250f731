import { type Cursor, isBlank, isBlankOrEnd, isBreak } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import { ScalarText } from "./scalar-text.ts";
import { foldedBreak } from "./scan-quoted.ts";

const ENDS_IN_FLOW = new Set([..."?,[]{}"].map((character) => character.charCodeAt(0)));

/** What separates the words of a scalar: blanks, or line breaks with what surrounds them. */
interface Space {
  from: number;
  broken: boolean;
  /** The first line break. */
  leading: string;
  /** Those after it. */
  trailing: string;
}

/** A scalar without quotes. `crossedLine` if a line break was passed before its end was clear. */
export function scanPlain(
  cursor: Cursor,
  indent: number,
  inFlow: boolean,
): { text: ScalarText; crossedLine: boolean } {
  const text = new ScalarText();
  let space = noSpace(cursor);
  while (!cursor.atDocumentIndicator() && !cursor.is("#")) {
    const from = cursor.pos;
    while (!isBlankOrEnd(cursor.code()) && !atEnd(cursor, inFlow)) cursor.skip();
    if (cursor.pos > from) {
      if (space.broken) text.put(foldedBreak(space.leading, space.trailing), space.from);
      else text.add(cursor.source.slice(space.from, from), space.from);
      text.add(cursor.source.slice(from, cursor.pos), from);
      space = noSpace(cursor);
    }
    if (!atSpace(cursor)) break;
    space = passSpace(cursor, indent);
    if (!inFlow && cursor.column < indent) break;
  }
  return { text, crossedLine: space.broken };
}

function noSpace({ pos }: Cursor): Space {
  return { from: pos, broken: false, leading: "", trailing: "" };
}

function atSpace(cursor: Cursor): boolean {
  return isBlank(cursor.code()) || isBreak(cursor.code());
}

function passSpace(cursor: Cursor, indent: number): Space {
  const space = noSpace(cursor);
  while (atSpace(cursor)) {
    if (isBlank(cursor.code())) {
      if (space.broken && cursor.column < indent && cursor.is("\t"))
        throw new YamlError("a tab where spaces indent", cursor.pos);
      cursor.skip();
    } else if (space.broken) space.trailing += cursor.skipBreak();
    else {
      space.leading = cursor.skipBreak();
      space.broken = true;
    }
  }
  return space;
}

function atEnd(cursor: Cursor, inFlow: boolean): boolean {
  if (cursor.is(":") && isBlankOrEnd(cursor.code(1))) return true;
  return inFlow && ENDS_IN_FLOW.has(cursor.code());
}
