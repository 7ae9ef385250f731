import fc from "fast-check";
import { expect, it } from "vitest";
import { JsonMeter, jsonSize } from "./json-meter.ts";

const valuesIn = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Object.values(value).reduce<number>((sum, child) => sum + valuesIn(child), 0)
    : 1;

it("counts no fewer values than there are, whatever the text's chunks", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 40 }), (value, cut) => {
      const text = Buffer.from(JSON.stringify(value));
      const meter = new JsonMeter();
      meter.push(text.subarray(0, cut));
      meter.push(text.subarray(cut));
      expect(meter.size).toEqual(jsonSize(text.toString()));
      expect(meter.size.bytes).toBe(text.length);
      // The first of a list or an object comes with its bracket.
      expect(2 * meter.size.values).toBeGreaterThanOrEqual(valuesIn(value));
    }),
  );
});

it.each([
  ["{}", 2, 1],
  ['{"a":[{},{},{}]}', 8, 3],
  ['"[{,,,{["', 1, 0],
  [String.raw`"\"[{,"`, 1, 0],
  [String.raw`["\\",[]]`, 4, 2],
])("measures %s", (text, values, depth) => {
  expect(jsonSize(text)).toEqual({ bytes: text.length, values, depth });
});
