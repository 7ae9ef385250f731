import { wireOf } from "./layer2.ts";
import { type Network, type Plugin, placeOf } from "./network.ts";
import { nameOf, type Others, othersText } from "./other-networks.ts";
import { type ClusterView, type CrossFinding, MAX_NAMED } from "./view.ts";

const KINDS = ["macvlan", "ipvlan"];

/**
 * NADs that put macvlan and ipvlan on one interface of the node: the kernel lets one of the two handle what arrives
 * there (netdev_rx_handler_register), and pods of the other get "device or resource busy".
 */
export function oneMaster(
  networks: readonly Network[],
  { hidesOtherNamespaces = false }: Pick<ClusterView, "hidesOtherNamespaces"> = {},
): CrossFinding[] {
  const all = networks.flatMap((network) =>
    network.plugins.flatMap((plugin) => {
      const master = masterOf(network, plugin);
      return master === undefined ? [] : [{ network, plugin, master }];
    }),
  );
  const users = new Users();
  for (const { network, plugin, master } of all) users.add(`${plugin.type} ${master}`, network);
  return all.flatMap(({ network, plugin, master }): CrossFinding[] => {
    const kind = KINDS.find((other) => other !== plugin.type);
    const { namespace, name } = network.nad;
    const others = users.of(`${kind} ${master}`);
    if (others.total === 0) return [];
    const own = hidesOtherNamespaces ? users.of(`${kind} ${master}`, namespace) : undefined;
    return [
      {
        namespace,
        name,
        path: placeOf(plugin.fields, "master"),
        severity: "warning",
        code: "MASTER_BUSY",
        message: `is also the master of the ${kind} of ${othersText(others, own, "of")}: on one node, only macvlan or ipvlan can use an interface, and pods of the other network get "device or resource busy"`,
      },
    ];
  });
}

const NONE: Others = { named: [], total: 0 };

/** The NADs with one kind of plugin on one master, of all namespaces and of each. Each finding reads it as it is: tenants may have thousands. */
class Users {
  readonly #seen = new Set<string>();
  readonly #byKey = new Map<string, { named: string[]; total: number }>();

  add(key: string, network: Network): void {
    const name = nameOf(network);
    if (this.#seen.has(`${key} ${name}`)) return;
    this.#seen.add(`${key} ${name}`);
    for (const scope of ["", network.nad.namespace]) {
      const users = this.#byKey.get(`${scope} ${key}`) ?? { named: [], total: 0 };
      this.#byKey.set(`${scope} ${key}`, users);
      users.total++;
      if (users.named.length < MAX_NAMED) users.named.push(name);
    }
  }

  /** @param namespace "": of all */
  of(key: string, namespace = ""): Others {
    return this.#byKey.get(`${namespace} ${key}`) ?? NONE;
  }
}

function masterOf(network: Network, plugin: Plugin): string | undefined {
  return KINDS.includes(plugin.type) ? wireOf(network, plugin) : undefined;
}
