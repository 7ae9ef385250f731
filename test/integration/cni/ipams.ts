import fc from "fast-check";
import { optional, type Pick } from "./pick.ts";

/** The `ipam` of a plugin that hands out addresses. */
export function ipams(pick: Pick): fc.Arbitrary<unknown> {
  const ipam = fc.oneof(
    { weight: 6, arbitrary: hostLocal(pick) },
    { weight: 4, arbitrary: staticIpam(pick) },
  );
  const broken = [
    {},
    null,
    { type: "" },
    { type: 5 },
    [],
    "static",
    { subnet: "10.1.0.0/24" },
    { type: "../static" },
    { type: "host-local" },
  ];
  return pick([undefined], broken).chain((fault) => (fault === undefined ? ipam : fc.constant(fault)));
}

function routesOf(pick: Pick): fc.Arbitrary<unknown> {
  return pick(
    [
      [],
      [{ dst: "10.9.0.0/16" }],
      [{ dst: "0.0.0.0/0" }],
      [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
      [{ dst: "10.9.0.0/16", priority: 5 }, { dst: "10.9.0.0/16" }],
      [{ dst: "10.9.0.0/16", mtu: 1300 }],
      [{ dst: "10.8.0.0/16", table: 100 }],
      [{ dst: "0.0.0.0/0", priority: 7 }],
      [{ dst: "fd09::/64" }],
    ],
    [
      [{ dst: "10.9.0.0/16", gw: "10.1.0.1" }],
      [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
      [{ dst: "10.9.0.0/16", gw: "10.1.0.1" }, { dst: "10.9.0.0/16" }],
      [{ dst: "::/0", gw: "fd01::1" }],
      [{ dst: "10.9.0.1/16" }],
      [{ dst: "10.9.0.0" }],
      [{}],
      [{ dst: "10.9.0.0/16", gw: "x" }],
      [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }],
      [{ dst: "10.9.0.0/16", gw: "fd01::1" }],
      [{ dst: "fd09::/64", gw: "10.1.0.1" }],
      [{ dst: "10.9.0.0/16" }, { dst: "10.9.0.0/16" }],
      {},
      [null],
      [{ dst: "fd09::1/64" }],
      [{ dst: "fd09::/64" }, { dst: "fd09::/64" }],
      [{ dst: "10.9.0.0/16", priority: "5" }],
      [{ dst: "10.9.0.0/16", scope: 253 }],
      [{ dst: "10.1.0.0/24" }],
      [{ dst: "" }],
      [{ gw: "10.1.0.1" }],
      [{ dst: null }],
    ],
  );
}

function hostLocal(pick: Pick): fc.Arbitrary<object> {
  const type = fc.constant("host-local");
  const routes = routesOf(pick);
  const wrong = [
    "10.1.0.255",
    "10.2.0.1",
    "10.1.0.256",
    "010.1.0.1",
    "fd00::1",
    7,
    "10.1.0.0",
    "::ffff:10.1.0.9",
  ];
  const subnet = pick(
    ["10.1.0.0/24", "10.1.0.0/24", "10.1.0.0/26", "10.1.0.0/30"],
    [
      "10.1.0.1/24",
      "10.1.0.0",
      "10.1.0.0/31",
      "",
      5,
      "::ffff:10.1.0.0/120",
      "10.1.0.0/024",
      "fd01::/64",
      "10.1.0.0/27",
    ],
  );
  const single = optional(
    {
      type,
      subnet,
      rangeStart: pick(["10.1.0.1", "10.1.0.2", ""], ["10.1.0.20", "10.1.0.3", ...wrong]),
      rangeEnd: pick(["10.1.0.2", "10.1.0.3", ""], ["10.1.0.1", "10.1.0.30", ...wrong]),
      gateway: pick(["10.1.0.1", "10.1.0.1", "10.1.0.2", ""], wrong),
      routes,
      resolvConf: pick([""], [5]),
    },
    ["type", "subnet"],
  );
  const sets = optional(
    {
      type,
      ranges: pick(
        [
          [[{ subnet: "10.1.0.0/24" }]],
          [[{ subnet: "fd01::/64" }]],
          [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd01::/64", gateway: "fd01::9" }]],
          [[{ subnet: "10.3.0.0/24" }, { subnet: "10.4.0.0/24" }]],
          [[{ subnet: "10.3.0.0/24" }], [{ subnet: "10.4.0.0/24" }]],
          [[{ subnet: "fd01::/64" }], [{ subnet: "fd02::/64" }]],
        ],
        [
          [],
          [[]],
          [null],
          [[null]],
          [[{ subnet: "10.1.0.0/24" }, { subnet: "fd01::/64" }]],
          [[{ subnet: "10.3.0.0/24" }], [{ subnet: "10.3.0.0/25" }]],
          {},
          [{ subnet: "10.1.0.0/24" }],
          [[{}]],
          [[{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.9", rangeEnd: "10.1.0.5" }]],
          [[{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.1", rangeEnd: "10.1.0.1" }]],
          [[{ subnet: "fd01::1/64" }]],
          [[{ subnet: "fd01::/127" }]],
          [[{ subnet: "fd01::/126" }]],
        ],
      ),
      routes,
      subnet: pick(["10.7.0.0/24"], ["10.3.0.0/24"]),
    },
    ["type", "ranges"],
  );
  return fc.oneof({ weight: 3, arbitrary: single }, { weight: 2, arbitrary: sets });
}

function staticIpam(pick: Pick): fc.Arbitrary<object> {
  return optional(
    {
      type: fc.constant("static"),
      addresses: pick(
        [
          [{ address: "10.1.0.5/24", gateway: "10.1.0.1" }],
          [{ address: "10.1.0.5/24", gateway: "10.1.0.1" }],
          [
            { address: "10.1.0.5/24", gateway: "10.1.0.1" },
            { address: "fd01::5/64", gateway: "fd01::1" },
          ],
          [{ address: "fd01::5/64", gateway: "fd01::1" }],
          [{ address: "10.1.0.5/24" }],
        ],
        [
          [{ address: "10.1.0.5/24" }, { address: "10.1.0.6/24" }],
          [{ address: "10.1.0.5/24" }, { address: "10.2.0.6/24" }],
          [{ address: "fd01::5/64" }, { address: "fd01::6/64" }],
          [{ address: "fd01::5/64" }, { address: "fd01::6/48" }],
          [{ address: "10.1.0.5/32" }],
          [{ address: "10.1.0.5/31" }],
          [{ address: "10.1.0.0/24" }],
          [{ address: "10.1.0.255/24" }],
          [{ address: "fd01::5/128" }],
          [],
          [{}],
          [null],
          [{ address: "10.1.0.5" }],
          [{ address: "10.1.0.5/33" }],
          [{ address: "10.1.0.5/24" }, { address: "10.1.0.5/24" }],
          [{ address: "10.1.0.5/24", gateway: "x" }],
          [{ address: "10.1.0.5/24", gateway: "10.9.9.9" }],
          [{ address: "10.1.0.5/24", gateway: "10.1.0.5" }],
          [{ address: "10.1.0.5/24", gateway: "fd01::1" }],
          "10.1.0.5/24",
          [{ Address: "10.1.0.5/24" }],
          [{ address: "::ffff:10.1.0.5/120" }],
          [{ address: "10.1.0.5/24" }, { address: "10.1.0.5/16" }],
        ],
      ),
      routes: routesOf(pick),
      dns: pick([{ nameservers: ["10.1.0.53"] }, {}], [{ nameservers: "10.1.0.53" }, [], { search: [1] }]),
    },
    ["type"],
  );
}
