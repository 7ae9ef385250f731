import { expect, test } from "vitest";
import { readNetwork } from "./cross-checks/network.ts";
import { factsOf, lackingNodes, needsOf, pluginsText } from "./node-requirements.ts";

const chain = readNetwork({
  namespace: "apps",
  name: "net",
  resourceName: "vendor/vf",
  config: JSON.stringify({
    cniVersion: "1.0.0",
    name: "wire",
    plugins: [
      { type: "macvlan", master: "eth1", capabilities: { ips: true, mac: false }, ipam: { type: "static" } },
      { type: "tuning", capabilities: { mac: true } },
    ],
  }),
});
const node = (name: string, binaries: string[], interfaces: string[]) => ({
  name,
  allocatable: {},
  inspection: {
    binaries: binaries.map((binary) => ({ name: binary })),
    interfaces,
    truncated: [] as string[],
  },
});

test("what a node must have, and which lack it", () => {
  const needs = needsOf(chain);
  expect(needs).toEqual({
    binaries: ["macvlan", "static", "tuning"],
    masters: ["eth1"],
    resourceName: "vendor/vf",
  });
  const nodes = [
    node("b", ["macvlan", "static"], ["lo", "eth0"]),
    node("a", ["macvlan", "static", "tuning"], ["eth1"]),
    { name: "unseen", allocatable: {} },
  ];
  expect(lackingNodes(needs, nodes)).toEqual([{ node: "b", lacks: ["plugin tuning", "interface eth1"] }]);
  const cut = node("cut", [], []);
  expect(
    lackingNodes(needs, [
      { ...cut, inspection: { ...cut.inspection, truncated: ["binaries", "interfaces"] } },
    ]),
  ).toEqual([]);
});

test("for people, and for outcomes", () => {
  expect(pluginsText(chain)).toBe("macvlan/static + tuning");
  expect(factsOf(chain, [])).toEqual({ cniName: "wire", versions: [], capabilities: ["ips", "mac"] });
  const onNode = readNetwork({ namespace: "apps", name: "net", config: "" });
  expect(pluginsText(onNode)).toBe("a file on the node");
  expect(factsOf(onNode, [])).toEqual({ cniName: "net", versions: [] });
});
