import { expect, test } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { claimsOn, layer2Of } from "./layer2-claims.ts";

const layer2 = (config: object, name = "net") =>
  layer2Of(readNetwork({ namespace: "apps", name, config: JSON.stringify(config) }));

test("NADs on one master share a network, others do not, and what is unknown is none", () => {
  const eth1 = layer2({ type: "macvlan", master: "eth1" });
  expect(layer2({ type: "ipvlan", master: "eth1" })?.name).toBe(eth1?.name);
  expect(layer2({ type: "macvlan", master: "eth2" })?.name).not.toBe(eth1?.name);
  expect(layer2({ type: "host-device", device: "eth3" }, "a")?.name).toBe("NAD apps/a");
  expect(layer2({ type: "ptp" })).toBeUndefined();
  expect(layer2({ type: "vendors-own" })).toBeUndefined();
  expect(layer2({})).toBeUndefined();
});

test("addresses are claimed on the wire, on a bridge on that of the node, and no hardware address of ipvlan", () => {
  const claims = (config: object) => {
    const wire = layer2(config);
    return wire && claimsOn(wire, "n1", ["10.0.0.5"], "02:00:00:00:00:AA");
  };
  expect(claims({ type: "macvlan", master: "eth1" })).toEqual([" 10.0.0.5", " 02:00:00:00:00:aa"]);
  expect(claims({ type: "bridge", bridge: "br1" })).toEqual(["n1 10.0.0.5", "n1 02:00:00:00:00:aa"]);
  expect(claims({ type: "ipvlan", master: "eth1" })).toEqual([" 10.0.0.5"]);
});

test("an IPv6 address is one in every notation, and an IPv4-mapped one is the IPv4 address", () => {
  const wire = layer2({ type: "macvlan", master: "eth1" });
  const notations = ["fd00:1::5", "FD00:1::5", "fd00:0001:0:0:0:0:0:0005", "fd00:1:0::0.0.0.5"];
  const claims = (ip: string) => wire && claimsOn(wire, "n1", [ip], undefined);
  expect(new Set(notations.flatMap(claims))).toEqual(new Set([" fd00:1::5"]));
  expect(claims("::ffff:10.0.0.5")).toEqual(claims("10.0.0.5"));
  expect(claims("no address: at all")).toEqual([" no address: at all"]);
});
