import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byName, parseConfFile, primaryOf } from "./conf-file.ts";
import { tokenExpiry } from "./kubeconfig.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_LENGTH } from "./message.ts";

/** Whatever lies on a host, and whatever comes back from it. */

const half = fc.constantFrom("\ud83d", "\udc4d");
const named = fc
  .array(fc.oneof(half, fc.string()), { maxLength: 300 })
  .map((parts) => JSON.stringify({ name: parts.join("") }));
const anyText = fc.oneof(
  named,
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.json().map((text) => text.slice(1)),
);

describe("what lies on a host", () => {
  it("is read, or is nothing, and never more than fits", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "binary" }), anyText)), (entries) => {
        const files = entries
          .map(([name, text]) => parseConfFile(`${name}.conf`, text))
          .toSorted((a, b) => byName(a.name, b.name));
        for (const { networkName = "", pluginTypes = [] } of files) {
          expect(networkName.length).toBeLessThanOrEqual(253);
          expect(networkName).toMatch(/^[^\p{Cc}\p{Cs}]*$/u);
          expect(pluginTypes.length).toBeLessThanOrEqual(16);
        }
        expect(primaryOf(files)?.isMultus ?? false).toBe(false);
      }),
    );
  });

  it("has an expiry or none", () => {
    const claims = fc
      .json()
      .map((text) => `    token: e30.${Buffer.from(text).toString("base64url")}.c2ln\n`);
    fc.assert(
      fc.property(fc.oneof(anyText, claims), (text) => {
        const expiry = tokenExpiry(text);
        if (expiry !== undefined) expect(Number.isNaN(Date.parse(expiry))).toBe(false);
      }),
    );
  });
});

it("comes back as it was sent, in at most 4096 bytes, or says what was cut", () => {
  const value = fc.record({ node: fc.string(), interfaces: fc.array(fc.string(), { maxLength: 600 }) });
  fc.assert(
    fc.property(value, (sent) => {
      const message = encodeMessage({ ...sent, truncated: [] });
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
      const back = decodeMessage(message) as typeof sent & { truncated: string[] };
      if (back.truncated.length === 0) expect(back.interfaces).toEqual(sent.interfaces);
      else expect(back.interfaces).toEqual(sent.interfaces.slice(0, back.interfaces.length));
    }),
  );
});
