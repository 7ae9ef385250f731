import fc from "fast-check";

/** Mostly what works, sometimes what does not: a configuration with five faults tests one. */
function mostly<T>(good: readonly T[], bad: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom<unknown>(...good) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...bad) },
  );
}
function optional(fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) {
  return fc.record(fields, { requiredKeys });
}

const flag = mostly([true, false], ["true", 1, null]);
const mtu = mostly([0, 1280, 1400, 1400.0, 1500], [-1, 1400.5, "1400", 1e3, null]);
const mac = mostly(["02:00:00:00:00:11", ""], ["02:00:00:00:00", "xx", 2]);
const version = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("0.3.1", "0.4.0", "1.0.0", "1.1.0") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("0.3.0", "0.1.0", "0.2.0", "", "1.2.0", "v1.0.0", 1, null, "9.9.9"),
  },
);
const ip4 = mostly(
  ["10.1.0.1", "10.1.0.20", "10.1.0.30", ""],
  ["10.1.0.255", "10.2.0.1", "10.1.0.256", "010.1.0.1", "fd00::1", 7, "10.1.0.0", "::ffff:10.1.0.9"],
);
const routes = mostly(
  [
    [],
    [{ dst: "10.9.0.0/16" }],
    [{ dst: "0.0.0.0/0" }],
    [{ dst: "10.9.0.0/16", gw: "10.1.0.1" }],
    [{ dst: "10.9.0.0/16", priority: 5 }, { dst: "10.9.0.0/16" }],
    [{ dst: "10.9.0.0/16", mtu: 1300 }],
    [{ dst: "10.8.0.0/16", table: 100 }],
  ],
  [
    [{ dst: "10.9.0.1/16" }],
    [{ dst: "10.9.0.0" }],
    [{}],
    [{ dst: "10.9.0.0/16", gw: "x" }],
    [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }],
    [{ dst: "10.9.0.0/16" }, { dst: "10.9.0.0/16" }],
    {},
    [null],
    [{ dst: "fd09::1/64" }],
    [{ dst: "10.9.0.0/16", priority: "5" }],
    [{ dst: "" }],
    [{ gw: "10.1.0.1" }],
    [{ dst: null }],
  ],
);
const range = optional(
  {
    subnet: mostly(
      ["10.1.0.0/24", "10.1.0.0/24", "10.1.0.0/27"],
      [
        "10.1.0.1/24",
        "10.1.0.0",
        "10.1.0.0/31",
        "10.1.0.0/30",
        "",
        5,
        "::ffff:10.1.0.0/120",
        "10.1.0.0/024",
        "fd01::/64",
      ],
    ),
    rangeStart: ip4,
    rangeEnd: ip4,
    gateway: ip4,
  },
  ["subnet"],
);
const ranges = mostly(
  [
    [[{ subnet: "10.1.0.0/24" }]],
    [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd01::/64" }]],
    [[{ subnet: "10.3.0.0/24" }, { subnet: "10.4.0.0/24" }]],
    [[{ subnet: "10.3.0.0/24" }], [{ subnet: "10.4.0.0/24" }]],
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
  ],
);
const hostLocal = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(range, optional({ routes, resolvConf: mostly([""], [5]) }))
      .map(([a, b]) => ({ type: "host-local", ...a, ...b })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(ranges, optional({ routes, subnet: mostly(["10.7.0.0/24"], ["10.3.0.0/24"]) }))
      .map(([r, rest]) => ({ type: "host-local", ranges: r, ...rest })),
  },
  { weight: 1, arbitrary: fc.constant({ type: "host-local" }) },
);
const staticIpam = optional(
  {
    type: fc.constant("static"),
    addresses: mostly(
      [
        [{ address: "10.1.0.5/24" }],
        [{ address: "10.1.0.5/24", gateway: "10.1.0.1" }],
        [{ address: "10.1.0.5/24" }, { address: "fd01::5/64" }],
        [{ address: "10.1.0.5/24" }, { address: "10.1.0.6/24" }],
        [{ address: "10.1.0.5/32" }],
      ],
      [
        [],
        [{}],
        [null],
        [{ address: "10.1.0.5" }],
        [{ address: "10.1.0.5/33" }],
        [{ address: "10.1.0.5/24" }, { address: "10.1.0.5/24" }],
        [{ address: "10.1.0.5/24", gateway: "x" }],
        [{ address: "10.1.0.5/24", gateway: "10.9.9.9" }],
        "10.1.0.5/24",
        [{ Address: "10.1.0.5/24" }],
        [{ address: "::ffff:10.1.0.5/120" }],
        [{ address: "10.1.0.5/24" }, { address: "10.1.0.5/16" }],
      ],
    ),
    routes,
    dns: mostly([{ nameservers: ["10.1.0.53"] }, {}], [{ nameservers: "10.1.0.53" }, [], { search: [1] }]),
  },
  ["type", "addresses"],
);
const ipam = fc.oneof(
  { weight: 6, arbitrary: hostLocal },
  { weight: 4, arbitrary: staticIpam },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      {},
      null,
      { type: "" },
      { type: 5 },
      [],
      "static",
      { subnet: "10.1.0.0/24" },
      { type: "../static" },
    ),
  },
);

function plugin(type: string, fields: Record<string, fc.Arbitrary<unknown>>, ...required: string[]) {
  return optional({ type: fc.constant(type), ipam, ...fields }, ["type", ...required]);
}
const mains = fc.oneof(
  {
    weight: 4,
    arbitrary: plugin("macvlan", {
      master: mostly(["eth0", "eth0", ""], [5, "a/b", "interface-too-long"]),
      mode: mostly(["bridge", "private", "vepa", "passthru", ""], ["brige", "Bridge", 1]),
      mtu,
      mac,
      linkInContainer: mostly([false], ["x"]),
      bcqueuelen: mostly([0, 1000], [-1, 4294967296, "1"]),
    }),
  },
  {
    weight: 5,
    arbitrary: plugin("bridge", {
      bridge: mostly(["br1", "br2"], ["", 5, "a/b", "interface-too-long", null, "eth0"]),
      isGateway: flag,
      isDefaultGateway: flag,
      forceAddress: flag,
      ipMasq: mostly([false], ["x"]),
      hairpinMode: flag,
      promiscMode: flag,
      mtu,
      vlan: mostly([0], [-1, 4095, "1"]),
      vlanTrunk: mostly(
        [[], [{}]],
        [[{ id: 0 }], [{ minID: 5 }], [{ minID: 9, maxID: 5 }], [{ id: 4095 }], {}],
      ),
      macspoofchk: mostly([false], [1]),
      enabledad: flag,
      disableContainerInterface: mostly([false], [true, 0]),
      preserveDefaultVlan: flag,
      ipMasqBackend: mostly(["iptables"], ["x", 5]),
    }),
  },
  {
    weight: 3,
    arbitrary: plugin("ptp", {
      ipMasq: mostly([false], ["x"]),
      mtu,
      ipMasqBackend: mostly(["iptables", "nftables"], ["x", 5]),
    }),
  },
  {
    weight: 1,
    arbitrary: plugin("host-device", {
      device: mostly([""], [5]),
      hwaddr: mostly([""], ["x", 5]),
      kernelpath: mostly([""], ["/x", 5]),
      pciBusID: mostly([""], [5]),
    }),
  },
  {
    weight: 1,
    arbitrary: plugin("ipvlan", {
      master: mostly(["eth0"], [5]),
      mode: mostly(["l2", "l3", "l3s"], ["l4"]),
      mtu,
    }),
  },
  {
    weight: 1,
    arbitrary: plugin("vlan", {
      master: mostly(["eth0"], ["", 5]),
      vlanId: mostly([0, 100, 4094], [-1, 4095, "5"]),
      mtu,
    }),
  },
  { weight: 1, arbitrary: plugin("tap", { mtu, mac, multiQueue: flag, owner: mostly([0], [-1, "x"]) }) },
  { weight: 1, arbitrary: plugin("dummy", {}) },
);
const metas = fc.oneof(
  plugin("tuning", {
    sysctl: mostly(
      [{}, { "net.ipv4.conf.IFNAME.arp_filter": "1" }, { "net/ipv4/conf/IFNAME/arp_filter": "1" }],
      [{ "kernel.x": "1" }, { "net.core.somaxconn": 5 }, [], { "net.no.such": "1" }],
    ),
    mac,
    promisc: flag,
    mtu,
    txQLen: mostly([0, 1000], [-1, "5"]),
    allmulti: flag,
  }),
  plugin("portmap", {
    backend: mostly(["iptables", "nftables"], ["x", "", 5]),
    snat: flag,
    markMasqBit: mostly([0, 31], [-1, 32, "1"]),
    externalSetMarkChain: mostly(["KUBE-MARK"], [5]),
    conditionsV4: mostly([["a"]], ["a", [1]]),
    masqAll: flag,
  }),
  plugin("bandwidth", {
    ingressRate: mostly([0], [-1, "5", 1000]),
    ingressBurst: mostly([0], [-1, 1000, 1e12]),
    egressRate: mostly([0], [1000]),
    egressBurst: mostly([0], [1000]),
  }),
  plugin("firewall", {
    backend: mostly(["iptables", ""], ["x", 5]),
    ingressPolicy: mostly(["open", ""], ["x", 5]),
    firewalldZone: mostly(["a"], [5]),
  }),
  plugin("sbr", { table: mostly([100, 1000], ["x", 1.5]) }),
  plugin("vrf", { vrfname: mostly(["blue"], ["", 5]), table: mostly([0, 1000], [-1, "1"]) }, "vrfname"),
);

const shared = {
  name: mostly(["net", ""], [null, 5, "-a", "a b", "_a"]),
  cniVersion: version,
  capabilities: mostly([{}, { mac: true }], [{ mac: "true" }, [], "mac"]),
  dns: mostly([{}], [[], { domain: 5 }]),
};
const single = fc.tuple(mains, optional(shared, ["cniVersion"])).map(([p, s]): object => ({ ...s, ...p }));
const listed = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: mains }, { weight: 1, arbitrary: metas }),
    fc.array(metas, { maxLength: 2 }),
    optional(
      {
        name: shared.name,
        cniVersion: version,
        disableCheck: mostly([false], ["true", 1]),
        cniVersions: mostly([["1.0.0"], []], ["1.0.0", [1]]),
      },
      ["cniVersion"],
    ),
  )
  .map(([first, rest, s]): object => ({ ...s, plugins: [first, ...rest] }));

/** The text of a NAD's configuration: keys of other cases now and then. */
export const configuration: fc.Arbitrary<string> = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: listed }), fc.nat({ max: 19 }))
  .map(([config, luck]) => {
    const text = JSON.stringify(config);
    if (luck === 0) return text.replace(/"(mtu|mode|subnet|routes|address)":/g, (key) => key.toUpperCase());
    return text;
  });
