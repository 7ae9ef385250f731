import fc from "fast-check";
import { expect, it } from "vitest";
import { ListReader, nextPageSize } from "./list-reader.ts";

function read(text: string, cuts: readonly number[]) {
  const bytes = Buffer.from(text);
  const items: unknown[] = [];
  const reader = new ListReader((item) => items.push(item));
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [n, from] of bounds.entries()) reader.push(bytes.subarray(from, bounds[n + 1] ?? bytes.length));
  return { items, metadata: reader.end() };
}

it("reads what JSON.parse reads, wherever the chunks are cut, metadata first or last", () => {
  const item = fc.record({ metadata: fc.record({ name: fc.string() }), data: fc.jsonValue() });
  const metadata = { resourceVersion: "12", continue: 'a"]}' };
  fc.assert(
    fc.property(fc.array(item), fc.array(fc.nat()), fc.boolean(), fc.nat(2), (items, cuts, first, indent) => {
      const list = first ? { kind: "L", metadata, items } : { apiVersion: "v1", items, metadata };
      const text = JSON.stringify(list, null, indent);
      expect(read(text, cuts)).toEqual(JSON.parse(JSON.stringify({ items, metadata })));
    }),
  );
});

it("rejects a list that was cut off", () => {
  const text = '{"metadata":{"resourceVersion":"1"},"items":[{"a":1},{"a":2}]}';
  for (let length = 0; length < text.length; length++)
    expect(() => read(text.slice(0, length), [])).toThrow();
  expect(read(text, []).items).toEqual([{ a: 1 }, { a: 2 }]);
});

it("takes nothing but a list for an empty one", () => {
  for (const text of ["{}", "[]", '{"metadata":{}}', '{"kind":"Status","apiVersion":"v1","metadata":{}}'])
    expect(() => read(text, [])).toThrow();
});

it("reads a list without items, and one whose items are null", () => {
  expect(read('{"metadata":{"resourceVersion":"1"},"items":[]}', []).items).toEqual([]);
  expect(read('{"metadata":{"resourceVersion":"1"},"items":null}', []).items).toEqual([]);
});

it("asks for fewer objects where they are large", () => {
  expect(nextPageSize()).toBe(100);
  expect(nextPageSize({ items: 100, bytes: 500_000 })).toBe(500);
  expect(nextPageSize({ items: 100, bytes: 100 * 256 * 1024 })).toBe(16);
  expect(nextPageSize({ items: 10, bytes: 10 * 2 ** 21 })).toBe(10);
});
