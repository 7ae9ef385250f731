import fc from "fast-check";
import { expect, it } from "vitest";
import { positions, scan } from "./scan.ts";

/** Without numbers too large. */
function parses(text: string): boolean {
  try {
    let fits = true;
    JSON.parse(text, (_, value) => {
      if (typeof value === "number" && !Number.isFinite(value)) fits = false;
      return value as unknown;
    });
    return fits;
  } catch {
    return false;
  }
}

it("accepts exactly what JSON.parse accepts, but for numbers beyond a float64, which Go rejects", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    "1",
    "-0",
    "01",
    "1e5",
    "1.",
    "-",
    "true",
    "nul",
    " ",
    "\n",
    "\u00a0",
    "/**/",
    "'a'",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.array(piece, { maxLength: 9 }).map((p) => p.join("")),
      ),
      (text) => {
        expect(scan(text).ok).toBe(parses(text));
      },
    ),
    { numRuns: 3_000 },
  );
});

it("shows each value with its path and place, and keys given twice", () => {
  const text = '{"a":[1,{"b":null}],"a":2}';
  const values: string[] = [];
  const twice: string[] = [];
  scan(text, {
    value: (path, offset) => void values.push(`${path.join(".")}@${offset}`),
    duplicate: (path) => void twice.push(path.join(".")),
  });
  expect(values).toEqual(["@0", "a@5", "a.0@6", "a.1@8", "a.1.b@13", "a@24"]);
  expect(twice).toEqual(["a"]);
});

it("counts lines and columns from one", () => {
  const at = positions("ab\n\ncd");
  expect([0, 1, 3, 4, 5].map((offset) => Object.values(at(offset)))).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
    [3, 1],
    [3, 2],
  ]);
});
