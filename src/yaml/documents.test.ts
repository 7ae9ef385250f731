import { expect, it } from "vitest";
import { readYamlDocuments } from "./documents.ts";
import { MAX_REPEATED_TEXT } from "./value.ts";

const read = (source: string) =>
  readYamlDocuments(source).map((document) =>
    "error" in document ? document.error.message : document.value,
  );
const rejection = (source: string) => {
  const found = readYamlDocuments(source).find((document) => "error" in document);
  return found && "error" in found ? { message: found.error.message, at: found.error.offset } : undefined;
};

// What kubectl makes of these is checked in test/integration/yaml-differential.test.ts.
it.each([
  ["a closing quote at the parent's column", "a:\n  b: '{\n    x\n  }'\nc: 1\n", { a: { b: "{ x }" }, c: 1 }],
  ["a closing bracket at the parent's column", "a:\n  b: [\n  1\n  ]\n", { a: { b: [1] } }],
  ["tabs within quotes", "a: '{\n\tx\n\t}'\n", { a: "{ x }" }],
  ["a key twice", "a: 1\na: 2\n", { a: 2 }],
  [
    "a merge key",
    "- &a {x: 1, z: 1}\n- {<<: *a, z: 2}\n",
    [
      { x: 1, z: 1 },
      { x: 1, z: 2 },
    ],
  ],
  ["a merge key that comes last", "- &a {x: 1}\n- {x: 2, <<: *a}\n", [{ x: 1 }, { x: 1 }]],
  ["YAML 1.1's words", "[yes, No, on, y, ~, null]", [true, false, true, true, null, null]],
  ["numbers", "[010, 0x1f, 0b11, 1_000, 1e3, .5, 08]", [8, 31, 3, 1000, 1000, 0.5, 8]],
  [
    "what only looks like a number",
    "[1:30, 1.2.3, 2001-01-01, 0o8, -, 1e400]",
    ["1:30", "1.2.3", "2001-01-01", "0o8", "-", "1e400"],
  ],
  ["keys that are not texts", "{1: a, true: b, 1.5: c, 0x10: d}", { 1: "a", true: "b", 1.5: "c", 16: "d" }],
  ["the field __proto__", "__proto__: {a: 1}", JSON.parse('{"__proto__": {"a": 1}}')],
  ["a block scalar without a line break at its end", "a: |\n  x", { a: "x\n" }],
  ["carriage returns", "a: |\r\n  x\r\nb: 'y\r\n  z'\r\n", { a: "x\n", b: "y z" }],
  ["a byte order mark", "\ufeffa: 1\n", { a: 1 }],
  ["a byte order mark within", "---\n\ufeffa: 1\n", { "\ufeffa": 1 }],
  [
    "JSON, also with what YAML does not have",
    '{"a": "\\ud83d\\ude00\\/", "b": [1, null]}',
    { a: "😀/", b: [1, null] },
  ],
])("reads %s", (_, source, value) => {
  expect(read(source)).toEqual([value]);
});

it("separates documents as kubectl does", () => {
  expect(read("# c\n---\na: 1\n--- # c\nb: 2\n---\n---\n")).toEqual([{ a: 1 }, { b: 2 }, null]);
  expect(read('{"a": 1}\n{"a": 2}')).toEqual([{ a: 1 }, { a: 2 }]);
  expect(read('{"a": 1}\n---\na: 2\n')).toEqual([{ a: 1 }, { a: 2 }]);
  expect(read("a: 1\n...\nb: this is not read\n")).toEqual([{ a: 1 }]);
});

it("reads the documents around one that it cannot read", () => {
  expect(read("a: 1\n---\nb: [\n---\nc: 3\n")).toEqual([
    { a: 1 },
    "the collection that is opened here is not closed",
    { c: 3 },
  ]);
});

it.each([
  ["a tab that indents", "a:\n\tb: 1\n", 3],
  ["a second colon", "a: b: c\n", 4],
  ["a quote that is not closed", "a: 'b\n", 3],
  ["a bracket that is not closed", "a: [b\n", 3],
  ["an unknown alias", "a: *b\n", 3],
  ["text behind a separator", "a: 1\n--- b\n", 5],
  ["a control character", "a: \u0007\n", 3],
  ["a number that JSON does not have", "a: .inf\n", 3],
  ["a list as a key", "[a]: 1\n", 0],
  ["no key", "? \n: 1\n", 1],
  ["an anchor that contains itself", "&a [*a]\n", 4],
  ["a merge of a text", "<<: a\n", 4],
  ["an escape of JSON", 'a: "\\/"\n', 4],
  ["a directive", "%YAML 1.2\na: 1\n", 0],
])("rejects %s, and says where", (_, source, at) => {
  expect(rejection(source)?.at).toBe(at);
});

it("bounds what aliases multiply, in number and in text", () => {
  const lists = Array.from(
    { length: 20 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(",")}]`,
  );
  expect(rejection(["l0: &l0 [x]", ...lists].join("\n"))?.message).toMatch(/too many values/);
  const merges = Array.from({ length: 40 }, (_, i) => `m${i + 1}: &m${i + 1} {<<: [*m${i}, *m${i}]}`);
  expect(rejection(["m0: &m0 {x: 1}", ...merges].join("\n"))?.message).toMatch(/too many values/);
  const text = "x".repeat(MAX_REPEATED_TEXT / 64);
  const repeated = (times: number) => `a: &a ${text}\nb: [${Array(times).fill("*a").join(",")}]\n`;
  expect(rejection(repeated(64))).toBeUndefined();
  expect(rejection(repeated(65))?.message).toMatch(/more text/);
});

it.each(["[", "{a: ", "- ", "? ", '{"a":', '["a",'])("bounds how deep %j is nested", (opening) => {
  expect(rejection(opening.repeat(20_000))?.message).toMatch(
    /deeper than 500 levels|not closed|unexpected end/,
  );
});
