import { expect, test } from "vitest";
import { readNetwork } from "./cross-checks/network.ts";
import { duplicatesOn, layer2Of } from "./duplicates.ts";

const layer2 = (config: object, name = "net") =>
  layer2Of(readNetwork({ namespace: "apps", name, config: JSON.stringify(config) }));
const claim = (pod: string, node: string, ip: string, mac?: string) => ({ pod, node, ips: [ip], mac });

test("NADs on one master share a network, others do not, and what is unknown is none", () => {
  const eth1 = layer2({ type: "macvlan", master: "eth1" });
  expect(layer2({ type: "ipvlan", master: "eth1" })?.name).toBe(eth1?.name);
  expect(layer2({ type: "macvlan", master: "eth2" })?.name).not.toBe(eth1?.name);
  expect(layer2({ type: "host-device", device: "eth3" }, "a")?.name).toBe("NAD apps/a");
  expect(layer2({ type: "ptp" })).toBeUndefined();
  expect(layer2({ type: "vendors-own" })).toBeUndefined();
  expect(layer2({})).toBeUndefined();
});

test("the same address or hardware address on two pods, whatever its case; not twice on one pod", () => {
  const shared = layer2({ type: "macvlan", master: "eth1" });
  const claims = [
    claim("b", "n2", "10.0.0.5", "02:00:00:00:00:AA"),
    claim("a", "n1", "10.0.0.5", "02:00:00:00:00:aa"),
    claim("a", "n1", "10.0.0.5"),
    claim("c", "n1", "10.0.0.6", "02:00:00:00:00:01"),
    claim("d", "n1", "10.0.0.7", "02:00:00:00:00:02"),
    claim("d", "n1", "10.0.0.7", "02:00:00:00:00:02"),
  ];
  expect(shared && duplicatesOn(shared, claims)).toEqual([
    { address: "02:00:00:00:00:aa", pods: ["a", "b"] },
    { address: "10.0.0.5", pods: ["a", "b"] },
  ]);
});

test("a bridge is another one on each node, and ipvlan shares the master's hardware address", () => {
  const bridge = layer2({ type: "bridge", bridge: "br1" });
  expect(
    bridge && duplicatesOn(bridge, [claim("a", "n1", "10.0.0.5"), claim("b", "n2", "10.0.0.5")]),
  ).toEqual([]);
  expect(
    bridge && duplicatesOn(bridge, [claim("a", "n1", "10.0.0.5"), claim("b", "n1", "10.0.0.5")]),
  ).toHaveLength(1);
  const ipvlan = layer2({ type: "ipvlan", master: "eth1" });
  const mac = "02:00:00:00:00:01";
  expect(
    ipvlan && duplicatesOn(ipvlan, [claim("a", "n1", "10.0.0.5", mac), claim("b", "n1", "10.0.0.6", mac)]),
  ).toEqual([]);
});
