import { expect, it } from "vitest";
import { checkNetworkConfig } from "./check.ts";

const base = { cniVersion: "0.3.1", type: "macvlan", master: "eth0" };
const found = (config: object) =>
  checkNetworkConfig(JSON.stringify(config)).map(({ path, severity, code }) => [path, severity, code]);

it("warns of fields that belong to another place or another plugin, and nothing reads where they stand", () => {
  const ignored = (config: object) =>
    found({ ...base, ...config })
      .filter(([, , code]) => code === "IGNORED")
      .map(([path, severity]) => `${severity} ${path}`);
  expect(
    ignored({
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.1.0.0/24", routes: [{ dst: "10.2.0.0/16" }] }]],
      },
    }),
  ).toEqual(["warning ipam.ranges[0][0].routes"]);
  expect(
    ignored({
      ipam: {
        type: "whereabouts",
        ipRanges: [{ range: "10.1.0.0/24", gateway: "10.1.0.1", enable_overlapping_ranges: false }],
      },
    }),
  ).toEqual(["warning ipam.ipRanges[0].gateway", "warning ipam.ipRanges[0].enable_overlapping_ranges"]);
  expect(ignored({ vlan: 500, subnet: "10.1.0.0/24" })).toEqual(["warning subnet", "warning vlan"]);
  expect(ignored({ type: "host-device", device: "eth1", mode: "l2", mtu: 9000 })).toEqual([
    "warning master",
    "warning mode",
    "warning mtu",
  ]);
  // Theirs to read.
  expect(ignored({ type: "some-vendor", vlan: 5, gateway: "10.1.0.1" })).toEqual([]);
  expect(ignored({ type: "bridge", master: null, vlan: 5 })).toEqual([]);
});

it("finds nothing in configurations that work", () => {
  expect(checkNetworkConfig("")).toEqual([]);
  // Harvester, OpenShift's console and KubeVirt's guides write a layer-2 network so.
  expect(found({ ...base, mode: "bridge", mtu: 1400, ipam: {} })).toEqual([]);
  expect(found({ ...base, ipam: { subnet: "10.1.0.0/24" } })).toEqual([
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
  [
    { ...base, cniVersion: undefined, ipam: { type: "dhcp" } },
    "cniVersion",
    "warning",
    "MISSING_CNI_VERSION",
  ],
  [{ ...base, cniVersion: "0.2.0", ipam: { type: "dhcp" } }, "cniVersion", "warning", "VERSION_TOO_LOW"],
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
  [{ ...base, master: null, type: "ptp" }, "", "error", "MISSING_IPAM"],
  [{ cniVersion: "0.3.1", plugins: [] }, "plugins", "error", "WRONG_TYPE"],
  [{ cniVersion: "0.3.1", plugins: [null] }, "plugins[0]", "error", "WRONG_TYPE"],
  [{ cniVersion: "0.3.1", plugins: [{}] }, "plugins[0].type", "error", "MISSING_FIELD"],
  [
    { cniVersion: "0.3.1", disableCheck: "true", plugins: [{ type: "x" }] },
    "disableCheck",
    "error",
    "WRONG_TYPE",
  ],
])("names the field of %j", (config, path, severity, code) => {
  expect(found(config)).toEqual([[path, severity, code]]);
});

it("reports the probable value and the position", () => {
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
