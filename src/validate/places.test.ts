import fc from "fast-check";
import { dump, load } from "js-yaml";
import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import type { Places } from "./places.ts";

const places = (source: string): Places => {
  const [first] = parseDocuments(source);
  if (!first) throw new Error("no document");
  return first.places;
};

it("finds fields, and for one that is not there what is around it", () => {
  const at = places('a:\n  b: [1, {c: "x"}]\n  "d.e": |\n    text\n  f:\n');
  expect(at.of(["a", "b", 1, "c"])).toEqual({ line: 2, column: 14 });
  expect(at.of(["a", "d.e"])).toEqual({ line: 3, column: 10 });
  expect(at.of(["a", "f"])).toEqual({ line: 5, column: 3 });
  expect(at.of(["a", "b", 7, "nope"])).toEqual({ line: 2, column: 6 });
  expect(at.of(["a", "nope"])).toEqual({ line: 2, column: 3 });
  expect(at.of([])).toEqual({ line: 1, column: 1 });
});

it("counts documents of one file apart", () => {
  const [, second] = parseDocuments("a: 1\n---\n\nb: {c: 2}\n");
  expect(second?.places.of(["b", "c"])).toEqual({ line: 4, column: 8 });
});

it.each([
  ["literal", 'x: |\n    {"a":\n      1}\n', 3, 7],
  ["literal with a comment in its head", 'x: |-  # head\n  {"a":\n  1}\n', 3, 3],
  ["folded", 'x: >\n  {"a":\n  1}\n', 3, 3],
  ["in single quotes over lines", `x: '{"a''": \n\n   1}'\n`, 3, 4],
  ["in double quotes", 'x: "{\\"a\\u0041\\":\\n 1}"\n', 1, 21],
  ["plain over lines", "x: a b\n   1\n", 2, 4],
])("finds a character of a text: %s", (_, source, line, column) => {
  const text = (load(source) as { x: string }).x;
  const before = text.slice(0, text.indexOf("1")).split("\n");
  const inText = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  expect(places(source).inText(["x"], text, inText)).toEqual({ line, column });
});

it("leads to the same character in whatever style a text is written", () => {
  const word = fc.string({ unit: fc.constantFrom(..."ab'\"\\:#{}[],- \n\té\u00a0\u2028😀0"), maxLength: 40 });
  fc.assert(
    fc.property(
      word,
      fc.constantFrom<"single" | "double">("single", "double"),
      fc.boolean(),
      (text, quoteStyle, forceQuotes) => {
        const source = dump({ list: [{ x: text }] }, { quoteStyle, forceQuotes, lineWidth: 20 });
        const lines = source.split("\n");
        const at = places(source);
        for (const [line, content] of text.split("\n").entries())
          for (const [column, character] of [...content].entries()) {
            if (!/[a-z0é😀]/u.test(character)) continue;
            const units = [...content].slice(0, column).join("").length;
            const found = at.inText(["list", 0, "x"], text, { line: line + 1, column: units + 1 });
            const shown = lines[found.line - 1]?.slice(found.column - 1) ?? "";
            expect(shown.startsWith(character) || shown.startsWith("\\")).toBe(true);
          }
      },
    ),
  );
});
