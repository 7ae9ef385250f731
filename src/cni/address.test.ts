import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

test("an address is written as it is read", () => {
  expect(formatAddress(6, 1n)).toBe("::1");
  expect(formatAddress(6, 0n)).toBe("::");
  expect(formatAddress(6, 0xfd00_0000_0000_0001_0000_0000_0000_0001n)).toBe("fd00:0:0:1::1");
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.nat(127), (value, shift) => {
      const sparse = (value >> BigInt(shift)) << BigInt(shift);
      expect(parseAddress(formatAddress(6, sparse))).toEqual({ family: 6, value: sparse });
      const short = value & 0xffffffffn;
      expect(parseAddress(formatAddress(4, short))).toEqual({ family: 4, value: short });
    }),
  );
});
