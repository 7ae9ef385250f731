import { type Cursor, isBlank, isBlankOrEnd, isBreak } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import { ScalarText } from "./scalar-text.ts";
import { foldedBreak } from "./scan-quoted.ts";

const ENDS_IN_FLOW = new Set([..."?,[]{}"].map((character) => character.charCodeAt(0)));

/** A scalar without quotes. `crossedLine` if a line break was passed before its end was clear. */
export function scanPlain(
  cursor: Cursor,
  indent: number,
  inFlow: boolean,
): { text: ScalarText; crossedLine: boolean } {
  const text = new ScalarText();
  const start = cursor.pos;
  let broken = false;
  let blanksFrom = start;
  let leading = "";
  let trailing = "";
  for (;;) {
    if (cursor.atDocumentIndicator() || cursor.is("#")) break;
    const from = cursor.pos;
    while (!isBlankOrEnd(cursor.code()) && !atEnd(cursor, inFlow)) cursor.skip();
    if (cursor.pos > from) {
      if (broken) text.put(foldedBreak(leading, trailing), blanksFrom);
      else text.add(cursor.source.slice(blanksFrom, from), blanksFrom);
      text.add(cursor.source.slice(from, cursor.pos), from);
      broken = false;
      leading = "";
      trailing = "";
      blanksFrom = cursor.pos;
    }
    if (!isBlank(cursor.code()) && !isBreak(cursor.code())) break;
    while (isBlank(cursor.code()) || isBreak(cursor.code())) {
      if (isBlank(cursor.code())) {
        if (broken && cursor.column < indent && cursor.is("\t"))
          throw new YamlError("a tab where spaces indent", cursor.pos);
        cursor.skip();
      } else if (broken) trailing += cursor.skipBreak();
      else {
        leading = cursor.skipBreak();
        broken = true;
      }
    }
    if (!inFlow && cursor.column < indent) break;
  }
  return { text, crossedLine: broken };
}

function atEnd(cursor: Cursor, inFlow: boolean): boolean {
  if (cursor.is(":") && isBlankOrEnd(cursor.code(1))) return true;
  return inFlow && ENDS_IN_FLOW.has(cursor.code());
}
