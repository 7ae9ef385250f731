import fc from "fast-check";
import { dump } from "js-yaml";

/** Pieces that YAML's rules are about, and that meet each other in any order. */
const PIECES = [
  ..."ab'\"\\{}[],:#&*!|>@`%=_;~-",
  ...["key", "x y", "'s'", '"d"', "''", "\\n", "\\u0041", "\\\n", ": ", ":\n", "- ", "-\n", "? ", " #c"],
  ...[
    "&a ",
    "*a",
    "&b ",
    "*b ",
    "!!str ",
    "!!int ",
    "!!float ",
    "!!bool ",
    "!!binary ",
    "!t ",
    "|-",
    "|+",
    "|2",
    ">-",
  ],
  ...[
    "\n",
    "\n",
    "\n ",
    "\n  ",
    "\n    ",
    "\n\t",
    " ",
    "  ",
    "\t",
    "\r\n",
    "\r",
    "\u0085",
    "\u2028",
    "é",
    "😀",
    "\0",
  ],
  ...[
    "<<: ",
    "<<",
    "null",
    "yes",
    "n",
    "1",
    "0x1F",
    "010",
    "1.5",
    ".5",
    ".inf",
    "1e3",
    "2001-01-01",
    "1_000",
  ],
  ...["---\n", "...\n", "--- a\n", "%YAML 1.1\n", "k: v\n", "  k2: v\n", "- i\n"],
  ...["a: [", "b: {", "a: '", 'a: "', "a: |\n", "a: >\n"],
];

/** Text of such pieces. */
export const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((parts) => parts.join(""));

/** A scalar that looks like a number, a word or a date, as a value and as a key. */
export const scalars = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(..."0123456789_.-+eExXoObBabfnyY~:TZ "), maxLength: 8 }),
    fc.boolean(),
  )
  .map(([text, isKey]) => (isKey ? `${text}: v\n` : `k: ${text}\n`));

/** A value, as js-yaml writes it. */
export const written = fc
  .tuple(
    fc.jsonValue({ maxDepth: 4, noUnicodeString: false }),
    fc.constantFrom<"single" | "double">("single", "double"),
    fc.integer({ min: 1, max: 8 }),
    fc.boolean(),
    fc.integer({ min: -1, max: 3 }),
  )
  .map(([value, quoteStyle, indent, forceQuotes, flowLevel]) =>
    dump(value, { quoteStyle, indent, forceQuotes, flowLevel, lineWidth: 30 }),
  );

/** A real file, or a part of it, in which a few characters are lost or are others. */
export function damaged(files: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.integer({ min: 0, max: 2 }),
    insert: fc.constantFrom("", "", ...PIECES),
  });
  return fc
    .tuple(
      fc.constantFrom(...files),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(edit, { maxLength: 3 }),
    )
    .map(([file, from, edits]) => {
      const start = Math.floor(from * file.length);
      const part = from < 0.5 ? file.slice(0, 3_000) : file.slice(start, start + 400);
      return edits.reduce((text, { at, remove, insert }) => {
        const place = Math.floor(at * text.length);
        return text.slice(0, place) + insert + text.slice(place + remove);
      }, part);
    });
}
