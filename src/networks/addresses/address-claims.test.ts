import { expect, test } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { AddressClaims } from "./address-claims.ts";

const POOL = { type: "whereabouts", range: "10.0.0.0/29" };
const LOCAL = { type: "host-local", subnet: "10.0.0.0/29" };

/** Networks by "namespace/name", each with its IPAM and the name in its configuration. */
function start(networks: Record<string, { ipam: object; name?: string }>) {
  const changed: string[] = [];
  const configs = new Map(Object.entries(networks));
  const claims = new AddressClaims(
    (key) => {
      const found = configs.get(key);
      if (!found) return undefined;
      const [namespace = "", name = ""] = key.split("/");
      const config = JSON.stringify({
        ...(found.name ? { name: found.name } : {}),
        ...{ type: "macvlan", ipam: found.ipam },
      });
      return { network: readNetwork({ namespace, name, config }), layer2: undefined };
    },
    1,
    ({ networks: sharing }) => void changed.push([...sharing].join()),
  );
  const add = (network: string, slot: number, ip: string, node = "n1") =>
    claims.add(network, slot, node, { ips: [ip] });
  const remove = (network: string, slot: number, ip: string, node = "n1") =>
    claims.remove(network, slot, node, { ips: [ip] });
  const used = (network: string) => claims.ranges(network).map((range) => range.used);
  return { claims, configs, changed, add, remove, used };
}

test("of ranges that no report shows, addresses are known and not counted", () => {
  const ipRanges = Array.from({ length: 20 }, (_, n) => ({ range: `10.0.${n}.0/24` }));
  const { claims, add } = start({ "apps/net": { ipam: { type: "whereabouts", ipRanges } } });
  add("apps/net", 1, "10.0.1.1");
  add("apps/net", 1, "10.0.19.1");
  expect(claims.ranges("apps/net").map(({ used }) => used)).toEqual([0, 1, ...Array(14).fill(0)]);
  expect(claims.pools("apps/net")).toHaveLength(16);
  expect(claims.outside("apps/net").size).toBe(0);
});

test("whereabouts: networks with one pool, in any namespace, count each other's pods", () => {
  const { claims, changed, add, remove, used } = start({
    "apps/net": { ipam: POOL },
    "shop/lan": { ipam: { ...POOL, range: "10.0.0.3/29" } }, // the same network
    "shop/own": { ipam: { ...POOL, network_name: "own" } },
    "shop/sliced": { ipam: { ...POOL, node_slice_size: "/30" } },
    "shop/narrow": { ipam: { ...POOL, range_end: "10.0.0.2" } },
    "shop/fixed": { ipam: { type: "static", addresses: [{ address: "10.0.0.1/29" }] } },
  });
  add("apps/net", 1, "10.0.0.1");
  add("shop/lan", 2, "10.0.0.2");
  add("shop/lan", 3, "10.0.0.3");
  expect(claims.ranges("apps/net")).toEqual([
    {
      range: "10.0.0.1-10.0.0.6",
      ...{ ipam: "whereabouts", size: 6, used: 3, free: 3, shared: true, perNode: false },
    },
  ]);
  expect(used("shop/lan")).toEqual([3]);
  for (const other of ["shop/own", "shop/sliced", "shop/narrow", "shop/fixed"]) {
    expect(used(other), other).toEqual([0]);
    expect(claims.ranges(other)[0], other).not.toHaveProperty("shared");
  }
  // An address that two of them report is one.
  add("apps/net", 4, "10.0.0.3");
  remove("shop/lan", 3, "10.0.0.3");
  expect(used("apps/net")).toEqual([3]);
  remove("apps/net", 4, "10.0.0.3");
  expect(used("apps/net")).toEqual([2]);
  expect(new Set(changed)).toEqual(new Set(["apps/net,shop/lan"]));
});

test("an address of the whole network does not count for a network with other bounds: no tenant can ask address by address", () => {
  const { add, used } = start({
    "apps/net": { ipam: POOL },
    "spy/one": { ipam: { ...POOL, range_start: "10.0.0.1", range_end: "10.0.0.1" } },
    "spy/excluding": { ipam: { ...POOL, exclude: ["10.0.0.2/31", "10.0.0.4/30"] } },
  });
  add("apps/net", 1, "10.0.0.1");
  expect([used("spy/one"), used("spy/excluding")]).toEqual([[0], [0]]);
});

test("host-local: one name and one dataDir are one store of leases, on each node", () => {
  const { claims, add, used } = start({
    "apps/net": { ipam: LOCAL },
    "shop/net": { ipam: { ...LOCAL, dataDir: "/var/lib/cni/networks" } },
    "shop/lan": { ipam: LOCAL, name: "net" },
    "shop/other": { ipam: LOCAL },
    "shop/elsewhere": { ipam: { ...LOCAL, dataDir: "/run/leases" }, name: "net" },
  });
  add("apps/net", 1, "10.0.0.2", "n1");
  add("shop/net", 2, "10.0.0.2", "n2");
  add("shop/lan", 3, "10.0.0.3", "n2");
  for (const network of ["apps/net", "shop/net", "shop/lan"])
    expect(claims.ranges(network), network).toMatchObject([{ used: 2, node: "n2", shared: true }]);
  expect([used("shop/other"), used("shop/elsewhere")]).toEqual([[0], [0]]);
});

test("a network that is configured in another way leaves the pool, and those that stay are reported", () => {
  const { claims, configs, changed, add, remove, used } = start({
    "apps/net": { ipam: POOL },
    "shop/lan": { ipam: POOL },
  });
  add("apps/net", 1, "10.0.0.1");
  add("shop/lan", 2, "10.0.0.2");
  const before = claims.ranges("apps/net");
  expect(claims.isAsFull("apps/net", before)).toBe(true);
  remove("shop/lan", 2, "10.0.0.2");
  expect(claims.isAsFull("apps/net", before)).toBe(false);
  configs.set("shop/lan", { ipam: { type: "dhcp" } });
  changed.length = 0;
  claims.forget("shop/lan");
  expect(changed).toEqual(["apps/net"]);
  expect(used("shop/lan")).toEqual([]);
  const alone = claims.ranges("apps/net");
  expect(alone).toMatchObject([{ used: 1 }]);
  expect(alone[0]).not.toHaveProperty("shared");
  expect(claims.isAsFull("apps/net", [{ ...alone[0], shared: true } as (typeof alone)[0]])).toBe(false);
  expect(claims.pools("apps/net")).toHaveLength(1);
});
