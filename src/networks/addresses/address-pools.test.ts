import { expect, test } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { poolsOf, pressureOf, rangesOf } from "./address-pools.ts";

const network = (ipam: object) =>
  readNetwork({ namespace: "apps", name: "net", config: JSON.stringify({ type: "macvlan", ipam }) });
const rangesIn = (ipam: object) =>
  rangesOf(poolsOf(network(ipam)), []).map(({ range, size, perNode }) => [range, size, perNode]);

test("host-local: the gateway is never handed out, a set is one stock, each node has its own", () => {
  expect(rangesIn({ type: "host-local", subnet: "10.0.0.0/24" })).toEqual([
    ["10.0.0.2-10.0.0.254", 253, true],
  ]);
  const set = [
    { subnet: "10.0.0.0/24", rangeStart: "10.0.0.10", rangeEnd: "10.0.0.19", gateway: "10.0.0.15" },
    { subnet: "10.0.1.0/24", rangeStart: "10.0.1.10", rangeEnd: "10.0.1.19" },
  ];
  expect(rangesIn({ type: "host-local", ranges: [set, [{ subnet: "fd00::/64" }]] })).toEqual([
    ["10.0.0.10-10.0.1.19", 19, true],
    ["fd00::2-fd00::ffff:ffff:ffff:ffff", Number.MAX_SAFE_INTEGER, true],
  ]);
});

test("whereabouts: without the network's ends and what is excluded, in either spelling", () => {
  expect(
    rangesIn({ type: "whereabouts", range: "10.0.0.0/28", exclude: ["10.0.0.4/30", "10.0.0.9"] }),
  ).toEqual([["10.0.0.1-10.0.0.14", 9, false]]);
  expect(rangesIn({ type: "whereabouts", range: "10.0.0.5-10.0.0.0/28" })).toEqual([
    ["10.0.0.5-10.0.0.14", 10, false],
  ]);
  expect(rangesIn({ type: "whereabouts", range: "10.0.0.5-10.0.0.9/28" })).toEqual([
    ["10.0.0.5-10.0.0.9", 5, false],
  ]);
  // Bounds that are not usable addresses of the network are ignored (GetIPRange).
  expect(
    rangesIn({ type: "whereabouts", range: "10.0.0.0/28", range_start: "10.0.0.0", range_end: "10.0.1.9" }),
  ).toEqual([["10.0.0.1-10.0.0.14", 14, false]]);
  expect(
    rangesIn({
      type: "whereabouts",
      ipRanges: [{ range: "10.0.0.0/24", range_start: "10.0.0.7", range_end: "10.0.0.9" }],
    }),
  ).toEqual([["10.0.0.7-10.0.0.9", 3, false]]);
});

test("what has no range has none: dhcp, no IPAM, what cannot be read", () => {
  for (const ipam of [
    { type: "dhcp" },
    {},
    { type: "host-local", subnet: "x" },
    { type: "whereabouts", range: 1 },
  ])
    expect(poolsOf(network(ipam))).toEqual([]);
});

test("pressure", () => {
  const range = { range: "", ipam: "whereabouts", perNode: false };
  expect(pressureOf({ ...range, size: 10, used: 8, free: 2 })).toBe("none");
  expect(pressureOf({ ...range, size: 10, used: 9, free: 1 })).toBe("nearly used up");
  expect(pressureOf({ ...range, size: 10, used: 10, free: 0 })).toBe("used up");
});
