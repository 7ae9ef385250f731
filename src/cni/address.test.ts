import { expect, it } from "vitest";
import { contains, parseAddress, parseCidr } from "./address.ts";

it.each(["10.0.0.256", "010.0.0.1", "1.2.3", "fe80::1%eth0", "", "::g"])(
  "rejects %s as an address",
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);

it.each([
  ["1.2.3.4", 0x01020304n],
  ["::", 0n],
  ["::1", 1n],
  ["2001:db8::5", 0x20010db8000000000000000000000005n],
  ["::ffff:1.2.3.4", 0xffff01020304n],
])("reads %s", (text, value) => {
  expect(parseAddress(text)?.value).toBe(value);
});

it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/24/1", "::/129", "/24"])(
  "rejects %s as a block",
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

it("knows a block's first and last address, and what lies in it", () => {
  const block = parseCidr("192.168.1.77/24");
  if (!block) throw new Error("not read");
  const inside = (text: string) => {
    const address = parseAddress(text);
    return address !== undefined && contains(block, address);
  };
  expect([inside("192.168.1.0"), inside("192.168.1.255"), inside("192.168.2.0"), inside("::1")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
