import { expect, it } from "vitest";
import { checkNetworkConfig } from "../check.ts";

const found = (config: object) =>
  checkNetworkConfig(JSON.stringify(config)).map(({ path, severity, code }) => [path, severity, code]);

it.each([
  // Each was found by an ADD of the real plugin, and rejected.
  [{ type: "macvlan", mtu: 1279, ipam: { type: "static", addresses: [{ address: "fd01::5/64" }] } }, "mtu"],
  [{ type: "ptp", mtu: 67, ipam: { type: "host-local", subnet: "10.1.0.0/24" } }, "mtu"],
  [{ type: "tap", mtu: 65535 }, "mtu"],
  [{ type: "macvlan", mac: "01:00:00:00:00:11" }, "mac"],
  [{ plugins: [{ type: "macvlan" }, { type: "sbr" }] }, "plugins[1].type"],
  [
    { plugins: [{ type: "macvlan" }, { type: "bandwidth", ingressRate: 1e6, ingressBurst: 1e6 }] },
    "plugins[1].type",
  ],
  // create qdisc: invalid argument
  [
    { plugins: [{ type: "bridge" }, { type: "bandwidth", ingressRate: 7, ingressBurst: 8 }] },
    "plugins[1].ingressRate",
  ],
  [
    { plugins: [{ type: "bridge" }, { type: "bandwidth", egressRate: 1e9, egressBurst: 999 }] },
    "plugins[1].egressBurst",
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
  [
    {
      type: "ptp",
      ipam: { type: "host-local", subnet: "10.1.0.0/24", routes: [{ dst: "10.1.0.0/24" }] },
    },
    "ipam.routes[0].dst",
  ],
  [{ type: "tap", mac: "0200.0000.0011" }, "mac"],
  [
    {
      type: "macvlan",
      ipam: { type: "whereabouts", range: "10.1.0.0/24", exclude: ["10.1.0.0/25", "10.1.0.128/25"] },
    },
    "ipam.range",
  ],
  [
    { type: "macvlan", ipam: { type: "whereabouts", range: "10.1.0.0/24", ipRanges: [null] } },
    "ipam.ipRanges[0].range",
  ],
  [{ cniVersions: ["1.0.5"], plugins: [{ type: "macvlan" }] }, "cniVersions"],
  [{ plugins: [{ type: "tap" }, { type: "tuning", txQLen: -1 }] }, "plugins[1].txQLen"],
])("rejects what the kernel or the plugin rejects: %j", (config, path) => {
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
  // Without addresses nothing is masqueraded.
  { type: "bridge", ipMasq: true, ipMasqBackend: "x" },
  { plugins: [{ type: "tap" }, { type: "tuning", txQLen: 100 }] },
  { plugins: [{ type: "macvlan" }, { type: "tuning", txQLen: -1 }] },
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
  { plugins: [{ type: "bridge" }, { type: "bandwidth", egressRate: 1e9, egressBurst: 1000 }] },
])("accepts what they accept: %j", (config) => {
  expect(found({ cniVersion: "1.0.0", ...config }).filter(([, severity]) => severity === "error")).toEqual(
    [],
  );
});

it.each([
  // Read from the plugins' sources.
  [{ type: "sriov", vlanQoS: 0 }, "vlanQoS", "CONTRADICTION"],
  [{ type: "sriov", vlan: 0, vlanProto: "802.1ad" }, "vlanProto", "CONTRADICTION"],
  [{ type: "sriov", link_state: "up" }, "link_state", "NOT_ONE_OF"],
  [{ type: "ib-sriov", ipam: { type: "dhcp" } }, "ipam.type", "CONTRADICTION"],
  [{ type: "ib-sriov", rdmaIsolation: "true" }, "rdmaIsolation", "WRONG_TYPE"],
  [{ type: "rdma" }, "type", "NOT_CHAINED"],
  [{ type: "bond", mode: "1", miimon: "100", links: [{ name: "a" }, { name: "b" }] }, "mode", "NOT_ONE_OF"],
  [{ type: "bond", mode: "802.3ad", links: [{ name: "a" }, { name: "b" }] }, "miimon", "MISSING_FIELD"],
  [
    { type: "bond", mode: "802.3ad", miimon: "100", links: [{ name: "a" }, { Name: "b" }] },
    "links[1].name",
    "MISSING_FIELD",
  ],
  [
    { type: "bond", mode: "802.3ad", miimon: "1", tlbDynamicLb: 1, links: [{ name: "a" }, { name: "b" }] },
    "tlbDynamicLb",
    "CONTRADICTION",
  ],
  [
    {
      type: "bond",
      mode: "802.3ad",
      miimon: "1",
      xmitHashPolicy: "layer4",
      links: [{ name: "a" }, { name: "b" }],
    },
    "xmitHashPolicy",
    "NOT_ONE_OF",
  ],
  [{ type: "ovs", bridge: "br", trunk: [{ minID: 0, maxID: 5 }] }, "trunk", "MISSING_FIELD"],
  [{ type: "ovs", bridge: "br", trunk: [null] }, "trunk[0]", "WRONG_TYPE"],
  [{ type: "ovs", bridge: "br", ofport_request: 65280 }, "ofport_request", "OUT_OF_RANGE"],
  [
    { type: "macvlan", ipam: { type: "whereabouts", range: "10.0.0.5-10.1.0.0/24" } },
    "ipam.range",
    "OUTSIDE_SUBNET",
  ],
  [{ type: "macvlan", ipam: { type: "whereabouts", range: "10.0.0.0/31" } }, "ipam.range", "TOO_SMALL"],
  [
    { type: "macvlan", ipam: { type: "whereabouts", range: "10.0.0.0/24", exclude: ["x"] } },
    "ipam.exclude[0]",
    "BAD_CIDR",
  ],
  [
    { type: "macvlan", ipam: { type: "whereabouts", ipRanges: [{}] } },
    "ipam.ipRanges[0].range",
    "MISSING_FIELD",
  ],
])("rejects what other plugins reject: %j", (config, path, code) => {
  const options = { resourceName: "vendor.com/device" };
  const errors = checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", ...config }), options);
  expect(
    errors.filter(({ severity }) => severity === "error").map((error) => [error.path, error.code]),
  ).toEqual([[path, code]]);
});

it.each([
  { type: "sriov", vlan: 100, vlanQoS: 3, vlanProto: "802.1Q", spoofchk: "off", trust: "on", min_tx_rate: 5 },
  { type: "host-device" },
  { type: "ib-sriov", pkey: "0x6", link_state: "enable" },
  { plugins: [{ type: "sriov" }, { type: "rdma" }] },
  {
    type: "bond",
    mode: "active-backup",
    miimon: "100",
    mtu: 1400,
    links: [{ name: "net1" }, { name: "net2" }],
    linksInContainer: true,
  },
  { type: "ovs", vlan: 100 },
  { type: "ovs", bridge: "br", trunk: [{ id: 5 }, { minID: 10, maxID: 20 }] },
  { type: "cnv-bridge", bridge: "br1" },
  {
    type: "macvlan",
    ipam: {
      type: "whereabouts",
      range: "010.0.0.5-10.0.0.20/24",
      exclude: ["10.0.0.9", "10.0.0.16/30"],
      gateway: "10.0.0.1",
    },
  },
])("finds nothing in what they take, with a device plugin's device: %j", (config) => {
  const options = { resourceName: "vendor.com/device" };
  expect(checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", ...config }), options)).toEqual([]);
});

it.each([
  ["etcd", "only whereabouts up to v0.5.4 uses"],
  ["other", "earlier releases reject it"],
])("warns of whereabouts' datastore %s", (datastore, words) => {
  const ipam = { type: "whereabouts", range: "10.0.0.0/24", datastore };
  const findings = (given: object) =>
    checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", type: "macvlan", ipam: given }));
  expect(findings(ipam)).toMatchObject([
    { path: "ipam.datastore", severity: "warning", code: "IGNORED", message: expect.stringContaining(words) },
  ]);
  for (const fine of ["", "kubernetes"]) expect(findings({ ...ipam, datastore: fine })).toEqual([]);
});

it.each([
  [[{ type: "macvlan" }, { type: "bridge" }], "plugins[1].type"],
  [[{ type: "bridge", disableContainerInterface: true }, { type: "macvlan" }], "plugins[1].type"],
  [[{ type: "macvlan" }, { type: "tuning" }, { type: "ipvlan", ipam: { type: "dhcp" } }], "plugins[2].type"],
  [[{ type: "bridge" }, { type: "host-device", device: "eth1" }], "plugins[1].type"],
])("rejects a second plugin that makes the interface: %j", (plugins, path) => {
  const errors = checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", plugins }));
  expect(errors).toContainEqual(
    expect.objectContaining({ path, severity: "error", code: "SECOND_INTERFACE" }),
  );
});

it("takes a plugin that changes the interface, or passes a device on, for no second one", () => {
  for (const second of [{ type: "tuning" }, { type: "sbr" }, { type: "vendor" }, { type: "host-device" }]) {
    const config = { cniVersion: "1.0.0", plugins: [{ type: "macvlan" }, second] };
    expect(found(config).filter(([, , code]) => code === "SECOND_INTERFACE")).toEqual([]);
  }
});

it("takes the MAC address of a request for tap as iproute2 does", () => {
  const errors = (config: object, mac: string) =>
    checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", type: "tap", ...config }), { request: { mac } })
      .filter(({ severity }) => severity === "error")
      .map(({ path, code }) => [path, code]);
  for (const mac of ["00:00:00:00:00:00", "01:00:00:00:00:01", "02-00-00-00-00-01", "0200.0000.0001"])
    expect(errors({}, mac)).toEqual([["type", "BAD_MAC"]]);
  expect(errors({}, "02:00:00:00:00:01")).toEqual([]);
  // By netlink the plugin loses the address (createLinkWithNetlink).
  expect(errors({ owner: 0, group: 0 }, "01:00:00:00:00:01")).toEqual([]);
});

it.each([
  ["whereabout", "whereabouts"],
  ["host_local", "host-local"],
  ["cilium-cnl", "cilium-cni"],
  ["macvlam", "macvlan"],
])("suggests for the plugin %j %j", (type, suggestion) => {
  expect(checkNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", type }))).toMatchObject([
    { path: "type", severity: "warning", code: "UNKNOWN_PLUGIN", suggestion },
  ]);
});

it("reports an IPAM plugin where a plugin is needed", () => {
  expect(checkNetworkConfig('{"cniVersion":"1.0.0","type":"whereabouts"}')).toMatchObject([
    { path: "type", code: "UNKNOWN_PLUGIN", message: expect.stringContaining('name it in "ipam"') },
  ]);
});

it("warns where no device plugin is asked for the device", () => {
  for (const type of ["sriov", "ib-sriov"])
    expect(found({ cniVersion: "1.0.0", type })).toEqual([["type", "warning", "MISSING_DEVICE"]]);
  expect(found({ cniVersion: "1.0.0", type: "sriov", deviceID: "0000:01:00.1" })).toEqual([]);
});

it("rejects an IPv6 route over an address that the pod itself gets, as the kernel does", () => {
  const errors = (ipam: object, plugin: object = { type: "macvlan" }) =>
    found({ cniVersion: "1.0.0", ...plugin, ipam })
      .filter(([, severity]) => severity === "error")
      .map(([path, , code]) => [path, code]);
  const routes = [{ dst: "fd09::/64" }];
  const own = [["ipam.routes[0].dst", "UNREACHABLE_GATEWAY"]];
  const whereabouts = { type: "whereabouts", range: "fd01::/64", gateway: "fd01::1", routes };
  expect(errors(whereabouts)).toEqual(own);
  expect(errors({ ...whereabouts, exclude: ["fd01::1"] })).toEqual([]);
  expect(errors({ ...whereabouts, gateway: "fd01::2" })).toEqual([]);
  expect(errors({ ...whereabouts, gateway: "fd01::10", exclude: ["fd01::/124"] })).toEqual(own);
  expect(errors({ ...whereabouts, gateway: "fd01::f0", range_start: "fd01::f0" })).toEqual(own);
  expect(
    errors({ ...whereabouts, range: "10.1.0.0/24", gateway: "10.1.0.1", routes: [{ dst: "10.9.0.0/16" }] }),
  ).toEqual([]);
  const address = { address: "fd01::1/64", gateway: "fd01::1" };
  expect(errors({ type: "static", addresses: [address], routes })).toEqual(own);
  expect(
    errors({ type: "static", addresses: [address], routes: [{ dst: "fd09::/64", gw: "fd01::2" }] }),
  ).toEqual([]);
  const bridge = { type: "bridge", isDefaultGateway: true };
  expect(errors({ type: "static", addresses: [address] }, bridge)).toEqual([
    ["isDefaultGateway", "UNREACHABLE_GATEWAY"],
  ]);
});

it("leaves out of a whereabouts range what a node's slice replaces, and reads IPv4 written as IPv6", () => {
  const codes = (ipam: object) =>
    found({ cniVersion: "1.0.0", type: "macvlan", ipam: { type: "whereabouts", ...ipam } })
      .filter(([, severity]) => severity === "error")
      .map(([path, , code]) => [path, code]);
  const all = { range: "10.1.0.0/24", exclude: ["10.1.0.0/24"] };
  expect(codes(all)).toEqual([["ipam.range", "EMPTY_RANGE"]]);
  expect(codes({ ...all, range: "::ffff:10.1.0.0/120" })).toEqual([["ipam.range", "EMPTY_RANGE"]]);
  expect(codes({ ...all, node_slice_size: "/26" })).toEqual([]);
  expect(codes({ ...all, exclude: [""], node_slice_size: "/26" })).toEqual([]);
  const small = { range: "10.1.0.0/24", ipRanges: [{ range: "10.2.0.0/32" }] };
  expect(codes(small)).toEqual([["ipam.ipRanges[0].range", "TOO_SMALL"]]);
  expect(codes({ ...small, node_slice_size: "/26" })).toEqual([]);
});
