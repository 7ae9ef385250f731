import fc from "fast-check";
import { expect, it } from "vitest";
import { checkNetworkConfig, pluginTypesOf } from "./check.ts";

const base = { cniVersion: "0.3.1", type: "macvlan", master: "eth0" };
const found = (config: object) =>
  checkNetworkConfig(JSON.stringify(config)).map(({ path, severity, code }) => [path, severity, code]);

it("finds nothing in configurations that work", () => {
  expect(checkNetworkConfig("")).toEqual([]);
  expect(found({ ...base, mode: "bridge", mtu: 1400, ipam: {} })).toEqual([
    ["ipam", "warning", "IPAM_WITHOUT_TYPE"],
  ]);
  expect(found({ ...base, MTU: 1400 })).toEqual([]);
  expect(found({ cniVersion: "1.0.0", type: "some-vendor", master: 5, ipam: { x: 1 } })).toEqual([]);
  expect(
    found({
      cniVersion: "1.0.0",
      plugins: [
        { type: "bridge", bridge: "br1" },
        { type: "tuning", sysctl: { "net.core.somaxconn": "5" } },
      ],
    }),
  ).toEqual([]);
});

it.each([
  [{ ...base, mode: "brige" }, "mode", "error", "NOT_ONE_OF"],
  [{ ...base, mtu: -1 }, "mtu", "error", "OUT_OF_RANGE"],
  [{ ...base, mtu: 1400.5 }, "mtu", "error", "WRONG_TYPE"],
  [{ ...base, mtuu: 1 }, "mtuu", "warning", "UNKNOWN_FIELD"],
  [{ ...base, MTU: "x" }, "MTU", "error", "WRONG_TYPE"],
  [{ ...base, cniVersion: "9.9.9" }, "cniVersion", "error", "NOT_ONE_OF"],
  [{ ...base, cniVersion: "0.2.0" }, "", "error", "VERSION_TOO_LOW"],
  [{ ...base, name: null }, "name", "error", "WRONG_TYPE"],
  [{ ...base, name: "-a" }, "name", "error", "BAD_NAME"],
  [{ ...base, type: "../macvlan" }, "type", "error", "PATH_IN_TYPE"],
  [{ ...base, type: "macvln" }, "type", "warning", "UNKNOWN_PLUGIN"],
  [{ ...base, ipam: { type: "hostlocal" } }, "ipam.type", "warning", "UNKNOWN_IPAM"],
  [
    { ...base, ipam: { type: "static", addresses: [{ address: "10.0.0.5" }] } },
    "ipam.addresses[0].address",
    "error",
    "BAD_CIDR",
  ],
  [{ ...base, type: "ptp" }, "", "error", "MISSING_IPAM"],
  [{ plugins: [] }, "plugins", "error", "WRONG_TYPE"],
  [{ plugins: [null] }, "plugins[0]", "error", "WRONG_TYPE"],
  [{ plugins: [{}] }, "plugins[0]", "error", "MISSING_FIELD"],
  [
    { cniVersion: "0.3.1", disableCheck: "true", plugins: [{ type: "x" }] },
    "disableCheck",
    "error",
    "WRONG_TYPE",
  ],
])("names the field of %j", (config, path, severity, code) => {
  expect(found(config)).toEqual([[path, severity, code]]);
});

it("says what was likely meant, and where it stands", () => {
  const text = '{\n  "cniVersion": "0.3.1", "type": "macvlan",\n  "mode": "brige"}';
  expect(checkNetworkConfig(text)).toMatchObject([
    {
      line: 3,
      column: 11,
      suggestion: "bridge",
      value: '"brige"',
      message: expect.stringContaining("did you mean"),
    },
  ]);
  expect(checkNetworkConfig('{"type": "macvlan",}')).toMatchObject([
    { code: "BAD_JSON", line: 1, column: 20 },
  ]);
});

it("warns of an address range that every node hands out, of a second default route, of a key given twice", () => {
  const text =
    '{"cniVersion":"0.3.1","type":"macvlan","mtu":1400,"mtu":1500,"ipam":{"type":"host-local","subnet":"10.0.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}}';
  expect(checkNetworkConfig(text).map(({ code, severity }) => [code, severity])).toEqual([
    ["DUPLICATE_KEY", "warning"],
    ["DEFAULT_ROUTE", "warning"],
    ["ADDRESSES_PER_NODE", "warning"],
  ]);
});

it("names the programs that a configuration runs", () => {
  expect(pluginTypesOf('{"plugins":[{"type":"bridge","ipam":{"type":"static"}},{"type":"tuning"}]}')).toEqual(
    ["bridge", "static", "tuning"],
  );
  expect(pluginTypesOf("{")).toEqual([]);
});

it("survives what a tenant may write, with few and short findings", () => {
  const hostile = [
    "[".repeat(262_144),
    `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`,
    `{"type":"${"\\u0000".repeat(40_000)}"}`,
    `{"type":"bridge",${Array.from({ length: 12_000 }, (_, i) => `"mtu${i}":1`).join()}}`,
    `{"type":"macvlan","ipam":{"type":"host-local","ranges":[${'[{"subnet":"10.0.0.0/24"}],'.repeat(9_000)}[]]}}`,
    '{"type":"macvlan","mtu":1e999}',
    '{"type":"macvlan","__proto__":{"mtu":"x"},"constructor":1,"mode":"\\u202e\\u0007evil"}',
  ];
  for (const text of hostile) {
    const findings = checkNetworkConfig(text);
    expect(findings.length).toBeLessThanOrEqual(200);
    for (const { message, path } of findings) {
      expect(message.length + path.length).toBeLessThan(1_000);
      expect(`${message}${path}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  }
});

it("never throws, whatever the text or the fields hold", () => {
  const key = fc.constantFrom(
    "type",
    "ipam",
    "plugins",
    "mtu",
    "name",
    "cniVersion",
    "subnet",
    "ranges",
    "routes",
    "dst",
    "sysctl",
    "links",
  );
  const word = fc.constantFrom(
    "macvlan",
    "bridge",
    "bond",
    "host-local",
    "static",
    "dhcp",
    "10.0.0.0/24",
    "1.0.0",
    "",
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      word,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => void checkNetworkConfig(JSON.stringify(value))),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void checkNetworkConfig(text)));
});

it.each([
  // Each was found by an ADD of the real plugin, and refused.
  [{ type: "macvlan", mtu: 1279, ipam: { type: "static", addresses: [{ address: "fd01::5/64" }] } }, "mtu"],
  [{ type: "ptp", mtu: 67, ipam: { type: "host-local", subnet: "10.1.0.0/24" } }, "mtu"],
  [{ type: "tap", mtu: 65535 }, "mtu"],
  [{ type: "macvlan", mac: "01:00:00:00:00:11" }, "mac"],
  [{ plugins: [{ type: "macvlan" }, { type: "sbr" }] }, "plugins[1].type"],
  [
    { plugins: [{ type: "macvlan" }, { type: "bandwidth", ingressRate: 1e6, ingressBurst: 1e6 }] },
    "plugins[1].type",
  ],
  [
    {
      type: "bridge",
      isGateway: true,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "10.2.0.0/24" }]] },
    },
    "isGateway",
  ],
  [
    {
      type: "bridge",
      isDefaultGateway: true,
      ipam: { type: "host-local", subnet: "10.1.0.0/24", routes: [{ dst: "0.0.0.0/0" }] },
    },
    "isDefaultGateway",
  ],
  [
    {
      type: "bridge",
      isDefaultGateway: true,
      ipam: { type: "static", addresses: [{ address: "10.1.0.5/32" }] },
    },
    "isDefaultGateway",
  ],
  [{ type: "ptp", ipam: { type: "host-local", subnet: "10.1.0.0/24", gateway: "10.1.0.255" } }, "ipam"],
  [
    {
      type: "macvlan",
      ipam: { type: "host-local", subnet: "10.1.0.0/24", routes: [{ dst: "10.9.0.0/16", scope: 253 }] },
    },
    "ipam.routes[0].scope",
  ],
  [
    { type: "macvlan", ipam: { type: "static", addresses: [{ Address: "10.1.0.5/24" }] } },
    "ipam.addresses[0].Address",
  ],
  [{ cniVersions: ["1.0.5"], plugins: [{ type: "macvlan" }] }, "cniVersions"],
])("refuses what the kernel or the plugin refuses: %j", (config, path) => {
  const errors = found({ cniVersion: "1.0.0", ...config }).filter(([, severity]) => severity === "error");
  expect(errors.map(([place]) => place)).toEqual([path]);
});

it.each([
  {
    type: "bridge",
    isGateway: true,
    forceAddress: true,
    ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "10.2.0.0/24" }]] },
  },
  {
    type: "bridge",
    isDefaultGateway: true,
    ipam: { type: "host-local", subnet: "10.1.0.0/24", routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }] },
  },
  { type: "bridge", mtu: -1, ipam: { type: "host-local", subnet: "fd01::/64" } },
  {
    type: "macvlan",
    ipam: {
      type: "static",
      addresses: [{ address: "fd01::5/64", gateway: "fe80::1" }],
      routes: [{ dst: "fd09::/64" }],
    },
  },
  { cniVersions: ["1.0.0"], cniVersion: "9.9.9", plugins: [{ type: "macvlan" }] },
  {
    plugins: [
      { type: "vendor" },
      { type: "sbr" },
      { type: "bandwidth", ingressRate: 1e6, ingressBurst: 1e6 },
    ],
  },
  {
    plugins: [
      { type: "bridge" },
      { type: "tuning" },
      { type: "bandwidth", ingressRate: 1e6, ingressBurst: 1e6 },
    ],
  },
])("accepts what they accept: %j", (config) => {
  expect(found({ cniVersion: "1.0.0", ...config }).filter(([, severity]) => severity === "error")).toEqual(
    [],
  );
});
