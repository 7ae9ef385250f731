import { type Address, formatAddress, parseAddress, parseCidr, unmapped } from "../../cni/address.ts";
import { hostLocalRanges } from "../../cni/ipam/host-local-range.ts";
import { checkRange, sloppy } from "../../cni/ipam/whereabouts-range.ts";
import { address, flag, list, section, text } from "../../cni/kinds.ts";
import { Report } from "../../cni/report.ts";
import { type Network, type Plugin, placeOf } from "./network.ts";
import { nameOf, type Others, othersText } from "./other-networks.ts";
import { type ClusterView, type CrossFinding, MAX_NAMED } from "./view.ts";

interface Gateway {
  network: Network;
  plugin: Plugin;
  bridge: string;
  /** Of IPv4: of IPv6 a bridge may have several. */
  address: string;
}

/**
 * NADs that give one bridge different gateways of IPv4: the plugin refuses to change the address that the bridge
 * has already ("already has an IP address different from", ensureAddr), unless forceAddress replaces it.
 */
export function bridgeGateways(
  networks: readonly Network[],
  { hidesOtherNamespaces = false }: Pick<ClusterView, "hidesOtherNamespaces"> = {},
): CrossFinding[] {
  const all = networks.flatMap((network) => network.plugins.flatMap((plugin) => gatewaysOf(network, plugin)));
  const bridges = new Map<string, Addresses>();
  for (const { network, bridge, address } of all)
    for (const key of keysOf(bridge, network)) {
      const addresses = bridges.get(key) ?? new Addresses();
      bridges.set(key, addresses);
      addresses.add(network, address);
    }
  for (const addresses of bridges.values()) addresses.sort();
  const seen = new Set<Plugin>();
  return all.flatMap(({ network, plugin, bridge, address }): CrossFinding[] => {
    if (seen.has(plugin)) return [];
    const [others, own] = keysOf(bridge, network).map(
      (key) => bridges.get(key)?.others(network, address) ?? { named: [], total: 0 },
    );
    if (!others || others.total === 0) return [];
    seen.add(plugin);
    return [
      {
        namespace: network.nad.namespace,
        name: network.nad.name,
        path: placeOf(plugin.fields, "bridge"),
        severity: "warning",
        code: "BRIDGE_GATEWAYS",
        message: `gets the gateway ${address} from this network and another one from ${othersText(others, hidesOtherNamespaces ? own : undefined, "from")}: on one node the bridge plugin rejects pods of the second network; use one bridge per network`,
      },
    ];
  });
}

/** A bridge in all namespaces, and in the network's. */
function keysOf(bridge: string, { nad }: Network): [string, string] {
  return [` ${bridge}`, `${nad.namespace} ${bridge}`];
}

/** Which networks give a bridge which addresses. A question costs the same however many they are: tenants may have thousands. */
class Addresses {
  readonly #byNetwork = new Map<Network, Set<string>>();
  /** The networks with one address, by that. */
  readonly #single = new Map<string, Network[]>();
  readonly #several: Network[] = [];

  add(network: Network, address: string): void {
    const addresses = this.#byNetwork.get(network) ?? new Set();
    this.#byNetwork.set(network, addresses.add(address));
  }

  /** To be called after the last `add`. */
  sort(): void {
    for (const [network, [first = "", ...more]] of this.#byNetwork) {
      if (more.length > 0) this.#several.push(network);
      else if (this.#single.get(first)?.push(network) === undefined) this.#single.set(first, [network]);
    }
  }

  /** The networks but this one with an address other than this one. */
  others(network: Network, address: string): Others {
    const alike = this.#single.get(address) ?? [];
    const isAlike = this.#byNetwork.get(network)?.size === 1;
    const named: string[] = [];
    for (const other of this.#different(address)) {
      if (named.length === MAX_NAMED) break;
      if (other !== network) named.push(nameOf(other));
    }
    return { named, total: this.#byNetwork.size - alike.length - (isAlike ? 0 : 1) };
  }

  *#different(address: string): Generator<Network> {
    yield* this.#several;
    for (const [other, networks] of this.#single) if (other !== address) yield* networks;
  }
}

function gatewaysOf(network: Network, plugin: Plugin): Gateway[] {
  const { type, fields, ipam } = plugin;
  if (!["bridge", "cnv-bridge"].includes(type) || !ipam) return [];
  const isGateway = ["isGateway", "isDefaultGateway"].some((name) => fields.take(name, flag) === true);
  if (!isGateway || fields.take("forceAddress", flag) === true) return [];
  const bridge = fields.take("bridge", text) || "cni0";
  return given(ipam)
    .filter(({ family }) => family === 4)
    .slice(0, 16)
    .map(({ value }) => ({ network, plugin, bridge, address: formatAddress(4, value) }));
}

/** The gateways of the addresses that the IPAM gives: the first of the subnet if none is set (calcGateways). */
function given({ type, fields }: NonNullable<Plugin["ipam"]>): Address[] {
  switch (type) {
    case "host-local":
      return hostLocalRanges(fields).map(({ subnet, gateway }) => gateway ?? firstOf(subnet));
    case "static":
      return (fields.take("addresses", list(section)) ?? []).flatMap((one) => {
        const subnet = parseCidr(one?.take("address", text) ?? "");
        return subnet ? [one?.take("gateway", address) ?? firstOf(subnet)] : [];
      });
    case "whereabouts": {
      const gateway = parseAddress(sloppy(fields.take("gateway", text) ?? ""));
      const listedRanges = fields.take("ipRanges", list(section)) ?? [];
      return [fields, ...listedRanges].flatMap((range, i) => {
        const read = range && checkRange(range, { report: new Report() }, { inList: i > 0 });
        return read ? [gateway ? unmapped(gateway) : firstOf(read.network)] : [];
      });
    }
    default:
      return [];
  }
}

function firstOf({ address: { family }, first }: { address: Address; first: bigint }): Address {
  return { family, value: first + 1n };
}
