import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UnreadableMessage } from "./errors.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_LENGTH } from "./message.ts";

describe("a termination message", () => {
  it("is plain JSON where that fits", () => {
    const value = { interfaces: ["eth0"], truncated: [] };
    expect(encodeMessage(value)).toBe(JSON.stringify(value));
  });

  it("is packed where it does not, and comes back whole", () => {
    const value = { interfaces: Array.from({ length: 400 }, (_, i) => `bond0.${i}`), truncated: [] };
    const message = encodeMessage(value);
    expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    expect(decodeMessage(message)).toEqual(value);
  });

  it("says which lists it cut", () => {
    const noise = (count: number) => Array.from({ length: count }, () => randomBytes(7).toString("hex"));
    const value = { interfaces: noise(500), binaries: ["bridge"], truncated: [] };
    const decoded = decodeMessage(encodeMessage(value)) as typeof value & { truncated: string[] };
    expect(decoded.truncated).toEqual(["interfaces"]);
    expect(decoded.binaries).toEqual(["bridge"]);
    expect(decoded.interfaces.length).toBeGreaterThan(100);
    expect(decoded.interfaces).toEqual(value.interfaces.slice(0, decoded.interfaces.length));
  });

  it.each([
    ["nothing", ""],
    ["a cut answer", '{"node":"nod'],
    ["a bomb", `deflate:${deflateRawSync(Buffer.alloc(10_000_000)).toString("base64")}`],
    ["noise", "deflate:%%%%"],
  ])("rejects %s", (_, message) => expect(() => decodeMessage(message)).toThrow(UnreadableMessage));
});
