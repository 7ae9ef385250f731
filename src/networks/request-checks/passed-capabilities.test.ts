import { expect, it } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { passedBy } from "./passed-capabilities.ts";

const passed = (config: object) => {
  const set = passedBy(readNetwork({ namespace: "n", name: "n", config: JSON.stringify(config) }));
  return set && [...set].toSorted();
};

it.each([
  [{ type: "macvlan", ipam: { type: "static" } }, ["ips", "mac"]],
  [{ type: "macvlan", ipam: { type: "dhcp" } }, ["mac"]],
  [{ type: "ipvlan", ipam: { type: "host-local" } }, ["ips"]],
  [{ type: "vendor" }, ["ips", "mac"]],
  [
    {
      plugins: [{ type: "ptp" }, { type: "portmap", capabilities: { portMappings: true, bandwidth: false } }],
    },
    ["portMappings"],
  ],
  [{}, undefined],
])("passes to the plugins of %j: %j", (config, names) => expect(passed(config)).toEqual(names));
