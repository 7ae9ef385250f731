import fc from "fast-check";
import { ipams } from "./ipams.ts";
import { optional, type Pick } from "./pick.ts";

type Fields = Record<string, fc.Arbitrary<unknown>>;

/**
 * Main plugins, which come first in a list. vlan, ipvlan and dummy are few: not every kernel has their
 * devices, and then a case shows no more than how the fields are read.
 */
export function mainPlugins(pick: Pick): fc.Arbitrary<object> {
  const plugin = pluginWith(pick, ["type"]);
  const addressed = pluginWith(pick, ["type", "ipam"]);
  const { flag, mtu, mac } = common(pick);
  return fc.oneof(
    {
      weight: 8,
      arbitrary: plugin("macvlan", {
        master: pick(
          ["eth0", "eth0", "", "alternative-name-of-eth0"],
          [5, "a/b", "interface-not-there", "a".repeat(128)],
        ),
        mode: pick(["bridge", "private", "vepa", "passthru", ""], ["brige", "Bridge", 1]),
        mtu,
        mac,
        linkInContainer: pick([false], ["x"]),
        bcqueuelen: pick([0, 1000], [-1, 4294967296, "1"]),
      }),
    },
    { weight: 10, arbitrary: bridge(pick) },
    {
      weight: 5,
      arbitrary: addressed("ptp", {
        ipMasq: pick([false], [true, "x"]),
        mtu,
        ipMasqBackend: pick(["iptables", "nftables"], ["x", "", 5]),
      }),
    },
    {
      weight: 3,
      arbitrary: plugin("tap", {
        mtu,
        mac,
        multiQueue: flag,
        owner: pick([0], [-1, "x"]),
        group: pick([0], ["x"]),
        bridge: pick([""], [5]),
      }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          plugin("host-device", {}),
          pick(
            [{ device: "spare0" }],
            [{}, { device: "" }, { hwaddr: "x" }, { kernelpath: "/x" }, { pciBusID: 5 }],
          ),
        )
        .map(([rest, way]) => ({ ...rest, ...(way as object) })),
    },
    {
      weight: 1,
      arbitrary: addressed("ipvlan", {
        master: pick(["eth0"], [5]),
        mode: pick(["l2", "l3", "l3s"], ["l4"]),
        mtu,
      }),
    },
    {
      weight: 1,
      arbitrary: addressed("vlan", {
        master: pick(["eth0"], ["", 5]),
        vlanId: pick([0, 100, 4094], [-1, 4095, "5"]),
        mtu,
      }),
    },
    { weight: 1, arbitrary: addressed("dummy", {}) },
  );
}

function bridge(pick: Pick): fc.Arbitrary<object> {
  const { flag, mtu } = common(pick);
  // One of the two at most: together they are rejected, which takes a bad draw.
  const ways = pick(
    [{}, { hairpinMode: true }, { promiscMode: true }],
    [{ hairpinMode: true, promiscMode: true }, { hairpinMode: "x" }],
  );
  const fields = pluginWith(pick, ["type"])("bridge", {
    bridge: pick(["br1", "br2"], ["", 5, "a/b", "interface-too-long", null, "eth0"]),
    isGateway: flag,
    isDefaultGateway: flag,
    forceAddress: flag,
    ipMasq: pick([false], [true, "x"]),
    mtu,
    vlan: pick([0], [-1, 4095, "1"]),
    args: pick(
      [{}, { cni: {} }],
      [
        { cni: { mac: "02:00:00:00:00:31" } },
        { cni: { mac: "f1:00:00:00:00:01" } },
        { cni: { mac: "x" } },
        [],
        { cni: { mac: 5 } },
      ],
    ),
    macspoofchk: pick([false], [1]),
    enabledad: flag,
    disableContainerInterface: pick([false], [true, 0]),
    preserveDefaultVlan: flag,
    ipMasqBackend: pick(["iptables"], ["x", 5]),
  });
  const trunk = pick(
    [undefined],
    [[null], [{ id: 0 }], [{ minID: 5 }], [{ minID: 9, maxID: 5 }], [{ id: 4095 }], {}, [{}], []],
  );
  return fc.tuple(fields, ways, trunk).map(([own, way, vlanTrunk]) => ({
    ...own,
    ...(way as object),
    ...(vlanTrunk === undefined ? {} : { vlanTrunk }),
  }));
}

/** Plugins that work on what another one made. */
export function chainedPlugins(pick: Pick): fc.Arbitrary<object> {
  const { flag, mtu, mac } = common(pick);
  const plugin = (type: string, fields: Fields, ...required: string[]) =>
    optional({ type: fc.constant(type), ...fields }, ["type", ...required]);
  return fc.oneof(
    plugin("tuning", {
      sysctl: pick(
        [{}, { "net.ipv4.conf.IFNAME.arp_filter": "1" }, { "net/ipv4/conf/IFNAME/arp_filter": "1" }],
        [{ "kernel.x": "1" }, { "net.core.somaxconn": 5 }, [], { "net.no.such": "1" }],
      ),
      mac,
      promisc: flag,
      mtu,
      txQLen: pick([0, 1000], [-1, "5"]),
      allmulti: flag,
    }),
    plugin("portmap", {
      backend: pick(["iptables", "nftables"], ["x", "", 5]),
      snat: flag,
      markMasqBit: pick([0, 31], [-1, 32, "1"]),
      externalSetMarkChain: pick([null], [5, "KUBE-MARK"]),
      conditionsV4: pick([[], null], [["a"], "a", [1], ["-a"]]),
      masqAll: flag,
    }),
    plugin("bandwidth", {
      ingressRate: pick([0], [-1, "5", 1000]),
      ingressBurst: pick([0], [-1, 1000, 1e12]),
      egressRate: pick([0], [1000]),
      egressBurst: pick([0], [1000]),
    }),
    pick([undefined], [1]).chain((bad) =>
      // Rates that fit: a veth can be limited, what is no veth cannot.
      bad
        ? fc.constant({ type: "bandwidth", ingressRate: 1e6, ingressBurst: 1e6 })
        : fc.constant({ type: "bandwidth" }),
    ),
    plugin("firewall", {
      backend: pick(["iptables", ""], ["x", 5]),
      ingressPolicy: pick(["open", ""], ["x", 5]),
      firewalldZone: pick(["a"], [5]),
    }),
    plugin("sbr", { table: pick([100, 1000], ["x", 1.5]) }),
    plugin("vrf", { vrfname: pick(["blue"], ["", 5]), table: pick([0, 1000], [-1, "1"]) }, "vrfname"),
  );
}

function common(pick: Pick) {
  return {
    flag: pick([true, false], ["true", 1, null]),
    mtu: pick(
      [0, 1280, 1400, 1400.0, 1500],
      [-1, 1400.5, "1400", 1e3, null, 1279, 68, 67, 1, 1501, 65535, 65536, 1e9, 1e18],
    ),
    mac: pick(
      ["02:00:00:00:00:11", ""],
      [
        "02:00:00:00:00",
        "xx",
        2,
        "01:00:00:00:00:11",
        "00:00:00:00:00:00",
        "02:00:00:00:00:11:12:13",
        "0200.0000.0011",
      ],
    ),
  };
}

function pluginWith(pick: Pick, required: readonly string[]) {
  const ipam = ipams(pick);
  return (type: string, fields: Fields) =>
    optional({ type: fc.constant(type), ipam, ...fields }, [...required]);
}
