import { listed } from "../../crds/listed.ts";
import { wireOf } from "./layer2.ts";
import { type Network, type Plugin, placeOf } from "./network.ts";
import { type CrossFinding, MAX_NAMED } from "./view.ts";

const KINDS = ["macvlan", "ipvlan"];

/**
 * NADs that put macvlan and ipvlan on one interface of the node: the kernel lets one of the two handle what arrives
 * there (netdev_rx_handler_register), and pods of the other get "device or resource busy".
 */
export function oneMaster(networks: readonly Network[]): CrossFinding[] {
  const all = networks.flatMap((network) =>
    network.plugins.flatMap((plugin) => {
      const master = masterOf(network, plugin);
      return master === undefined ? [] : [{ network, plugin, master }];
    }),
  );
  const byMaster = Map.groupBy(all, ({ master }) => master);
  return all.flatMap(({ network, plugin, master }): CrossFinding[] => {
    const others = (byMaster.get(master) ?? [])
      .filter((other) => other.plugin.type !== plugin.type)
      .map(({ network: { nad } }) => `${nad.namespace}/${nad.name}`);
    if (others.length === 0) return [];
    const kind = KINDS.find((other) => other !== plugin.type);
    return [
      {
        namespace: network.nad.namespace,
        name: network.nad.name,
        path: placeOf(plugin.fields, "master"),
        severity: "warning",
        code: "MASTER_BUSY",
        message: `is also the master of the ${kind} of ${listed([...new Set(others)], MAX_NAMED)}: on one node, only macvlan or ipvlan can use an interface, and pods of the other network get "device or resource busy"`,
      },
    ];
  });
}

function masterOf(network: Network, plugin: Plugin): string | undefined {
  return KINDS.includes(plugin.type) ? wireOf(network, plugin) : undefined;
}
