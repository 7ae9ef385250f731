import { expect, it } from "vitest";
import { type NadView, nadView } from "./nad-view.ts";
import { neededPlugins } from "./needed-plugins.ts";

function nad(config: object | string): NadView {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  return nadView({ metadata: { namespace: "default", name: "lan" }, spec: { config: text } });
}

const STATIC = { type: "static", addresses: [{ address: "10.9.0.7/24" }] };

it.each<[string, object | string, string[]]>([
  ["its plugin and its IPAM", { type: "macvlan", master: "eth1", ipam: STATIC }, ["macvlan", "static"]],
  [
    "every plugin of a chain",
    { plugins: [{ type: "bridge", ipam: STATIC }, { type: "tuning" }, { type: "portmap" }] },
    ["bridge", "portmap", "static", "tuning"],
  ],
  ["what flannel calls", { type: "flannel" }, ["bridge", "host-local"]],
  [
    "nothing of what is no reference plugin",
    { type: "sriov", ipam: { type: "whereabouts", range: "10.9.0.0/24" } },
    [],
  ],
  ["no path", { type: "../macvlan", ipam: STATIC }, []],
  ["no name of another letter case", { type: "MacVlan", ipam: STATIC }, ["static"]],
  ["no property of every object", { type: "constructor" }, []],
  ["nothing if it is not valid", { type: "macvlan", mode: "brige", ipam: STATIC }, []],
  ["nothing if it is not JSON", '{"type": "macvlan",}', []],
  ["nothing if it names a file on the node", "", []],
])("of a NAD are: %s", (_, config, expected) => {
  const full = typeof config === "string" ? config : { cniVersion: "0.3.1", name: "lan", ...config };
  expect(neededPlugins(nad(full))).toEqual(expected);
});
