import { type Cursor, isBlank, isBreak, isBreakOrEnd, isDigit } from "./cursor.ts";
import { YamlError } from "./errors.ts";
import { ScalarText } from "./scalar-text.ts";
import { foldedBreak } from "./scan-quoted.ts";

/** A block scalar, `|` or `>`, within a collection that is indented by `parentIndent` (-1 for none). */
export function scanBlock(cursor: Cursor, parentIndent: number): ScalarText {
  const start = cursor.pos;
  const literal = cursor.is("|");
  cursor.skip();
  const { chomping, increment } = scanHeader(cursor, start);
  if (!cursor.skipRestOfLine())
    throw new YamlError("a block scalar begins on the line after its indicator", cursor.pos);
  if (isBreak(cursor.code())) cursor.skipBreak();

  const text = new ScalarText();
  let indent = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment;
  let breaksFrom = cursor.pos;
  let leading = "";
  let trailing = "";
  let blankBefore = false;
  const scanBreaks = () => {
    const found = scanIndentation(cursor, indent, parentIndent);
    trailing += found.breaks;
    indent = found.indent;
  };
  scanBreaks();
  while (cursor.column === indent && cursor.code() !== 0) {
    const blankFirst = isBlank(cursor.code());
    const folds = !literal && !blankBefore && !blankFirst && leading === "\n";
    text.put(folds ? foldedBreak(leading, trailing) : leading + trailing, breaksFrom);
    blankBefore = blankFirst;
    trailing = "";
    const from = cursor.pos;
    while (!isBreakOrEnd(cursor.code())) cursor.skip();
    text.add(cursor.source.slice(from, cursor.pos), from);
    breaksFrom = cursor.pos;
    leading = isBreak(cursor.code()) ? cursor.skipBreak() : "";
    scanBreaks();
  }
  text.put((chomping === "-" ? "" : leading) + (chomping === "+" ? trailing : ""), breaksFrom);
  return text;
}

/** The indicators after `|` or `>`, in either order. */
function scanHeader(cursor: Cursor, start: number): { chomping: string; increment: number } {
  let chomping = "";
  let increment = 0;
  const scanChomping = () => {
    if (!cursor.is("+") && !cursor.is("-")) return false;
    chomping = cursor.is("+") ? "+" : "-";
    cursor.skip();
    return true;
  };
  const scanIncrement = () => {
    if (!isDigit(cursor.code())) return;
    increment = cursor.code() - 0x30;
    if (increment === 0) throw new YamlError("a block scalar cannot be indented by 0", start);
    cursor.skip();
  };
  if (scanChomping()) scanIncrement();
  else {
    scanIncrement();
    scanChomping();
  }
  return { chomping, increment };
}

/** Skips indentation and empty lines. An `indent` of 0 is not known yet: the first line with text sets it. */
function scanIndentation(
  cursor: Cursor,
  indent: number,
  parentIndent: number,
): { breaks: string; indent: number } {
  let breaks = "";
  let widest = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.is(" ")) cursor.skip();
    widest = Math.max(widest, cursor.column);
    if ((indent === 0 || cursor.column < indent) && cursor.is("\t"))
      throw new YamlError("a tab where spaces indent a block scalar", cursor.pos);
    if (!isBreak(cursor.code())) break;
    breaks += cursor.skipBreak();
  }
  return { breaks, indent: indent === 0 ? Math.max(widest, parentIndent + 1, 1) : indent };
}
