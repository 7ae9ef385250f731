import { expect, it } from "vitest";
import { crossChecks } from "./cross-checks.ts";
import { runsDhcpDaemon } from "./dhcp-daemon.ts";
import type { ClusterView, SeenNetwork, SeenNode } from "./view.ts";

const nad = (name: string, config: object, more: Partial<SeenNetwork> = {}): SeenNetwork => ({
  namespace: "apps",
  name,
  config: JSON.stringify(config),
  ...more,
});
const node = (name: string, interfaces = ["eth0"], binaries = ["macvlan", "static"]): SeenNode => ({
  name,
  allocatable: { cpu: "2" },
  inspection: { truncated: [], interfaces, binaries: binaries.map((binary) => ({ name: binary })) },
});
const macvlan = (ipam?: object) => ({ cniVersion: "0.3.1", type: "macvlan", master: "eth0", ipam });
const hostLocal = (subnet: string, more = {}) => macvlan({ type: "host-local", subnet, ...more });
const found = (view: Partial<ClusterView>) =>
  crossChecks({ nads: [], nodes: [], ...view }).map(({ name, path, severity, code }) => [
    name,
    path,
    severity,
    code,
  ]);

it("finds nothing where all is there, and says nothing of what it does not see", () => {
  const nads = [nad("a", macvlan({ type: "static" })), nad("bad", {}), { ...nad("none", {}), config: "{" }];
  expect(crossChecks({ nads, nodes: [node("n1"), node("n2")], install: { version: "v3.4.2" } })).toEqual([]);
  expect(crossChecks({ nads: [nad("b", { type: "nope", master: "eth9" })], nodes: [] })).toEqual([]);
  expect(
    found({
      nads: [nad("b", { type: "nope" })],
      nodes: [{ name: "n", allocatable: {}, inspection: undefined }],
    }),
  ).toEqual([]);
  const cut: SeenNode = {
    ...node("n", [], []),
    inspection: { binaries: [], interfaces: [], truncated: ["binaries", "interfaces"] },
  };
  expect(found({ nads, nodes: [cut] })).toEqual([]);
});

// CmdAdd attaches it; PodSandboxChanged of the kubelet: "Sandbox for pod has no IP address. Need to start a new one".
it("reports a primary network of all pods that assigns no address", () => {
  const of = (config: object, clusterNetwork?: string) =>
    found({ nads: [nad("lan", config)], install: { version: "v4.3.0", clusterNetwork } });
  const chain = { cniVersion: "1.0.0", plugins: [{ type: "bridge" }, { type: "tuning" }] };
  const code = "DEFAULT_NETWORK_WITHOUT_ADDRESS";
  expect(of(macvlan(), "apps/lan")).toEqual([["lan", "", "error", code]]);
  expect(of(chain, "apps/lan")).toEqual([["lan", "plugins[0]", "error", code]]);
  expect(of(macvlan({}), "apps/lan")).toEqual([["lan", "ipam", "error", code]]);
  expect(of(macvlan({ type: "dhcp" }), "apps/lan")).toEqual([]);
  expect(of(macvlan(), "kube-system/lan")).toEqual([]);
  expect(of(macvlan())).toEqual([]);
  // Their addresses do not come from an ipam that the NAD shows.
  for (const type of ["calico", "kube-ovn", "something-else"])
    expect(of({ cniVersion: "1.0.0", type }, "apps/lan")).toEqual([]);
  expect(of({}, "apps/lan")).toEqual([]);
});

it("names the nodes that lack a plugin's program or a master", () => {
  const nads = [
    nad("a", { cniVersion: "1.0.0", plugins: [{ type: "MacVlan" }, { TYPE: "macvlan", master: "eth1" }] }),
    nad("b", macvlan({ type: "static" })),
    nad("in-pod", { type: "macvlan", master: "net1", linkInContainer: true }),
  ];
  const nodes = [node("n1"), node("n2", ["eth0", "eth1"], ["static"])];
  expect(crossChecks({ nads, nodes })).toMatchObject([
    {
      name: "a",
      path: "plugins[0].type",
      severity: "error",
      code: "PLUGIN_MISSING_ON_NODE",
      message: 'is "MacVlan", a plugin whose program is on no node (2 inspected)',
    },
    {
      name: "a",
      path: "plugins[1].TYPE",
      severity: "warning",
      code: "PLUGIN_MISSING_ON_NODE",
      nodes: ["n2"],
      message:
        'is "macvlan", a plugin whose program is missing on 1 of 2 nodes: n2. spec.plugins.install: Missing in the MultusInstall installs it, and its status shows if that fails',
    },
    {
      name: "a",
      path: "plugins[1].master",
      severity: "warning",
      message: 'is "eth1", an interface that 1 of 2 nodes do not have: n1',
    },
    { name: "b", path: "type", nodes: ["n2"] },
    { name: "in-pod", path: "type", nodes: ["n2"] },
  ]);
});

it("checks what the nodes offer for resourceName", () => {
  const nads = [nad("vf", { type: "sriov" }, { resourceName: "intel.com/vf" })];
  const offering = (amount: string): SeenNode => ({ name: amount, allocatable: { "intel.com/vf": amount } });
  expect(found({ nads, nodes: [offering("0"), offering("4")] })).toEqual([]);
  expect(crossChecks({ nads, nodes: [offering("0")] })[0]).toMatchObject({
    severity: "error",
    message: expect.stringContaining("has no device on any node"),
  });
  // A DRA driver gives pods devices that no node lists as allocatable: Multus finds them by the pod's resource claims.
  expect(crossChecks({ nads, nodes: [node("n", [], ["sriov"])] })[0]).toMatchObject({
    severity: "warning",
    message: expect.stringContaining("but no node offers it"),
  });
});

it("warns about dhcp if no pod runs the daemon", () => {
  const nads = [nad("d", macvlan({ type: "dhcp" }))];
  const nodes = ["n1", "n2"].map((name) => node(name, ["eth0"], ["macvlan", "dhcp"]));
  expect(found({ nads, nodes })).toEqual([]);
  expect(found({ nads, nodes, dhcpNodes: new Set(["n1", "n2"]) })).toEqual([]);
  expect(crossChecks({ nads, nodes, dhcpNodes: new Set(["n1"]) })).toMatchObject([
    { code: "DHCP_DAEMON_MISSING", path: "ipam.type", severity: "warning", nodes: ["n2"] },
  ]);
  expect(runsDhcpDaemon([{ command: ["/opt/cni/bin/dhcp"], args: ["daemon", "-pidfile", "/run/x"] }])).toBe(
    true,
  );
  expect(
    runsDhcpDaemon([{ command: ["sh", "-c", "rm -f /run/cni/dhcp.sock; exec /opt/cni/bin/dhcp daemon"] }]),
  ).toBe(true);
  expect(runsDhcpDaemon([{ command: ["kea-dhcp4"] }, {}])).toBe(false);
});

it("knows which CNI versions a Multus reads", () => {
  const nads = [nad("new", { ...macvlan(), cniVersion: "1.1.0" }), nad("old", macvlan())];
  const code = ["new", "cniVersion", "error", "CNI_VERSION_TOO_NEW"];
  expect(found({ nads, install: { version: "v3.4" } })).toEqual([code]);
  expect(found({ nads, install: { version: "v4.0.2" } })).toEqual([code]);
  expect(found({ nads, install: { version: "v4.3.0" } })).toEqual([]);
  expect(found({ nads })).toEqual([]);
});

it("warns of two NADs that give one bridge different gateways", () => {
  const bridge = (more: object, ipam: object) => ({
    cniVersion: "1.0.0",
    type: "bridge",
    bridge: "br1",
    ...more,
    ipam,
  });
  const local = (subnet: string, more = {}) => ({ type: "host-local", subnet, ...more });
  const gateway = { isGateway: true };
  const first = nad("a", bridge(gateway, local("10.1.0.0/24")));
  const isOf = (...networks: SeenNetwork[]) =>
    crossChecks({ nads: [first, ...networks], nodes: [] })
      .filter(({ code }) => code === "BRIDGE_GATEWAYS")
      .map(({ name, path, severity, message }) => [
        name,
        path,
        severity,
        /another one from ([^:]*):/.exec(message)?.[1],
      ]);
  expect(isOf(nad("b", bridge(gateway, local("10.2.0.0/24"))))).toEqual([
    ["a", "bridge", "warning", "apps/b"],
    ["b", "bridge", "warning", "apps/a"],
  ]);
  const others = [
    bridge({ isDefaultGateway: true }, local("10.2.0.0/24", { gateway: "10.2.0.9" })),
    bridge(gateway, { type: "static", addresses: [{ address: "10.2.0.5/24" }] }),
    bridge(gateway, { type: "whereabouts", range: "10.2.0.0/24" }),
  ];
  for (const other of others) expect(isOf(nad("b", other))).toHaveLength(2);
  const fine = [
    bridge(gateway, local("10.1.0.0/24", { rangeStart: "10.1.0.9" })),
    bridge({}, local("10.2.0.0/24")),
    bridge({ ...gateway, forceAddress: true }, local("10.2.0.0/24")),
    bridge({ ...gateway, bridge: "br2" }, local("10.2.0.0/24")),
    bridge(gateway, local("fd01::/64")),
  ];
  for (const other of fine) expect(isOf(nad("b", other))).toEqual([]);
});

it("warns about a list whose addresses the running Multus does not release (#755)", () => {
  const list = (name: string, more: object, ipam?: object) =>
    nad(name, { ...more, plugins: [{ type: "macvlan", ...(ipam ? { ipam } : {}) }] });
  const nads = [
    list("leaks", {}, { type: "whereabouts" }),
    list("versioned", { cniVersion: "0.3.1" }, { type: "whereabouts" }),
    list("without-addresses", {}),
    nad("single", { type: "macvlan", ipam: { type: "whereabouts" } }),
  ];
  const finding = ["leaks", "cniVersion", "warning", "KNOWN_DEFECT"];
  expect(found({ nads, install: { version: "v3.4.2" } })).toEqual([finding]);
  expect(found({ nads, install: { version: "v4.3.0" } })).toEqual([finding]);
  expect(found({ nads, install: { version: "v4.3.1" } })).toEqual([]);
  expect(found({ nads })).toEqual([]);
});

it("names the nodes whose plugins know no such CNI version", () => {
  const built = (name: string, versions: Record<string, string | undefined>): SeenNode => ({
    ...node(name),
    inspection: {
      truncated: [],
      interfaces: ["eth0"],
      binaries: Object.entries(versions).map(([binary, cniVersion]) => ({
        name: binary,
        ...(cniVersion ? { cniVersion } : {}),
      })),
    },
  });
  const nads = [nad("new", { ...macvlan({ type: "static" }), cniVersion: "1.1.0" }), nad("old", macvlan())];
  const nodes = [
    built("n1", { macvlan: "1.0.0", static: "1.1.0" }),
    built("n2", { macvlan: "0.4.0", static: "0.4.0" }),
    built("n3", { macvlan: undefined, static: undefined }),
  ];
  expect(crossChecks({ nads, nodes })).toMatchObject([
    {
      name: "new",
      path: "cniVersion",
      severity: "warning",
      code: "PLUGIN_TOO_OLD_ON_NODE",
      message: 'must be 0.4.0 or earlier for the program "macvlan" on 2 of 3 nodes: n2, n1',
      nodes: ["n2", "n1"],
    },
    { name: "new", message: 'must be 0.4.0 or earlier for the program "static" on 1 of 3 nodes: n2' },
  ]);
  expect(crossChecks({ nads, nodes: nodes.slice(0, 1) })).toMatchObject([{ severity: "error" }]);
});

it("finds ranges that overlap on one wire, unless they share their leases", () => {
  const nads = [
    nad("a", hostLocal("10.0.0.0/24")),
    nad("b", hostLocal("10.0.0.0/25")),
    nad("apart", hostLocal("10.0.1.0/24")),
    nad("other-wire", { ...hostLocal("10.0.0.0/24"), master: "eth1" }),
    nad("tagged", {
      type: "vlan",
      master: "eth0",
      vlanId: 7,
      ipam: { type: "host-local", subnet: "10.0.0.0/24" },
    }),
  ];
  expect(crossChecks({ nads, nodes: [] }).map(({ name, path, message }) => [name, path, message])).toEqual([
    [
      "a",
      "ipam.subnet",
      expect.stringContaining("overlaps with a range of apps/b in the same layer-2 network (eth0)"),
    ],
    ["b", "ipam.subnet", expect.stringContaining("apps/a")],
  ]);
  const shared = ["x", "y"].map((namespace) => ({ ...nad("same", hostLocal("10.0.0.0/24")), namespace }));
  expect(found({ nads: shared })).toEqual([]);
  const named = nad("third", {
    ...hostLocal("10.0.0.9/32"),
    ipam: { type: "host-local", ranges: [[{ subnet: "10.0.0.0/30" }]] },
  });
  expect(found({ nads: [...shared, named] }).map(([name, path]) => [name, path])).toEqual(
    expect.arrayContaining([["third", "ipam.ranges[0][0].subnet"]]),
  );
});

it("warns about one range on several nodes, not on one", () => {
  const nads = [nad("a", hostLocal("10.0.0.0/24"))];
  const nodes = ["n1", "n2"].map((name): SeenNode => ({ name, allocatable: {} }));
  expect(found({ nads, nodes })).toEqual([["a", "ipam.type", "warning", "ADDRESSES_PER_NODE"]]);
  expect(found({ nads, nodes: nodes.slice(1) })).toEqual([]);
});

it("stays quick and brief with thousands of NADs", () => {
  const nads = Array.from({ length: 3_000 }, (_, i) => nad(`n${i}`, hostLocal("10.0.0.0/16")));
  const findings = crossChecks({ nads, nodes: Array.from({ length: 50 }, (_, i) => node(`n${i}`)) });
  expect(findings.length).toBeGreaterThanOrEqual(3 * 3_000);
  for (const { message, nodes = [] } of findings) {
    expect(message.length).toBeLessThan(400);
    expect(nodes.length).toBeLessThanOrEqual(20);
  }
});

it("does not take interfaces of pods, which several networks call net1, for one wire", () => {
  const inPod = (name: string) =>
    nad(name, { ...hostLocal("10.1.0.0/24"), master: "net1", linkInContainer: true });
  expect(found({ nads: [inPod("a"), inPod("b")] })).toEqual([]);
  const vlan = (name: string, more: object = {}) =>
    nad(name, { ...hostLocal("10.1.0.0/24"), type: "vlan", vlanId: 5, ...more });
  expect(found({ nads: [vlan("a", { linkInContainer: true }), vlan("b")] })).toEqual([]);
  expect(found({ nads: [vlan("a"), vlan("b")] })).toHaveLength(2);
});

it("counts NADs of other namespaces, and names those of the report's own, where others may not be known", () => {
  const bridge = (name: string, namespace: string, gateway: string) =>
    nad(
      name,
      {
        type: "bridge",
        isGateway: true,
        ipam: { type: "static", addresses: [{ address: "10.0.0.9/8", gateway }] },
      },
      { namespace },
    );
  const vlan = (name: string, namespace: string, type: string) =>
    nad(name, { type, master: "eth0" }, { namespace });
  const nads = [
    ...["a", "b"].map((name, i) => bridge(name, "shop", `10.0.0.${i}`)),
    ...["c", "d"].map((name, i) => bridge(name, "bank", `10.0.1.${i}`)),
    vlan("e", "shop", "macvlan"),
    vlan("f", "shop", "ipvlan"),
    vlan("g", "bank", "ipvlan"),
  ];
  const messages = (hidesOtherNamespaces: boolean) =>
    crossChecks({ nads, nodes: [], hidesOtherNamespaces })
      .filter(({ namespace }) => namespace === "shop")
      .map(({ name, message }) => `${name} ${/(?:another one|ipvlan|macvlan) (.*?):/.exec(message)?.[1]}`);
  expect(messages(true)).toEqual([
    "a from shop/b and from 2 of other namespaces",
    "b from shop/a and from 2 of other namespaces",
    "e of shop/f and of 1 of other namespaces",
    "f of shop/e",
  ]);
  expect(messages(false)).toEqual([
    "a from shop/b, bank/c, bank/d",
    "b from shop/a, bank/c, bank/d",
    "e of shop/f, bank/g",
    "f of shop/e",
  ]);
});

it("takes time that grows like the number of NADs, not like its square: a tenant must not stop the operator", () => {
  let n = 0;
  const gateway = () => `10.${++n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  const bridge = () => {
    const addresses = Array.from({ length: 16 }, () => ({ address: "10.0.0.1/8", gateway: gateway() }));
    return { type: "bridge", isGateway: true, ipam: { type: "static", addresses } };
  };
  const kinds: ((i: number) => object)[] = [
    () => ({ plugins: Array.from({ length: 16 }, bridge) }),
    (i) => ({ type: i % 2 === 0 ? "macvlan" : "ipvlan", master: "eth0" }),
  ];
  const seconds = (config: (i: number) => object, count: number) =>
    quickest({ nads: Array.from({ length: count }, (_, i) => nad(`n${i}`, config(i))), nodes: [] });
  for (const [kind, config] of kinds.entries()) {
    const few = kind === 0 ? 10 : 2000;
    // Eight times as many: a square takes 64 times as long.
    expect(seconds(config, 8 * few) / seconds(config, few)).toBeLessThan(24);
  }
});

it("takes time that grows like the NADs and the nodes, not like their product", () => {
  const types = Array.from({ length: 64 }, (_, i) => `plugin-${i}`);
  const plugins = types.map((type) => ({ type }));
  const seconds = (count: number) => {
    const nads = Array.from({ length: count }, (_, i) => nad(`n${i}`, { cniVersion: "1.1.0", plugins }));
    const nodes = Array.from({ length: 4 * count }, (_, i): SeenNode => {
      const binaries = types.map((name) => ({ name, cniVersion: i % 2 === 0 ? "0.4.0" : "1.0.0" }));
      return { name: `n${i}`, allocatable: {}, inspection: { truncated: [], interfaces: [], binaries } };
    });
    return quickest({ nads, nodes });
  };
  // Eight times as many of both: their product takes 64 times as long.
  expect(seconds(400) / seconds(50)).toBeLessThan(24);
});

/** Seconds of CPU time: of five, since a garbage collection, or another process on the core, may fall into one of them. */
function quickest(view: ClusterView): number {
  const runs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    crossChecks(view);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return Math.min(...runs);
}

it("names the field that installs a plugin which the operator can install", () => {
  const lan = nad("lan", macvlan({ type: "whereabouts", range: "10.9.0.0/24" }));
  const messages = crossChecks({ nads: [lan], nodes: [node("n1"), node("n2")] }).map(
    ({ message }) => message,
  );
  expect(messages).toContain(
    'is "whereabouts", a plugin whose program is on no node (2 inspected). spec.whereabouts.enabled: true in the MultusInstall installs it, and its status shows if that fails',
  );
});
