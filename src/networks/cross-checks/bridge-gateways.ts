import type { Address } from "../../cni/address.ts";
import { parseAddress, parseCidr, unmapped } from "../../cni/address.ts";
import { hostLocalRanges } from "../../cni/ipam/host-local-range.ts";
import { checkRange, sloppy } from "../../cni/ipam/whereabouts-range.ts";
import { address, flag, list, section, text } from "../../cni/kinds.ts";
import { Report } from "../../cni/report.ts";
import { listed } from "../../crds/listed.ts";
import { formatAddress } from "../addresses/address-pools.ts";
import { type Network, type Plugin, placeOf } from "./network.ts";
import { type CrossFinding, MAX_NAMED } from "./view.ts";

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
export function bridgeGateways(networks: readonly Network[]): CrossFinding[] {
  const all = networks.flatMap((network) => network.plugins.flatMap((plugin) => gatewaysOf(network, plugin)));
  const byBridge = Map.groupBy(all, ({ bridge }) => bridge);
  const seen = new Set<Plugin>();
  return all.flatMap(({ network, plugin, bridge, address: own }): CrossFinding[] => {
    const others = (byBridge.get(bridge) ?? []).filter(
      (other) => other.network !== network && other.address !== own,
    );
    if (others.length === 0 || seen.has(plugin)) return [];
    seen.add(plugin);
    const names = others.map((other) => `${other.network.nad.namespace}/${other.network.nad.name}`);
    return [
      {
        namespace: network.nad.namespace,
        name: network.nad.name,
        path: placeOf(plugin.fields, "bridge"),
        severity: "warning",
        code: "BRIDGE_GATEWAYS",
        message: `gets the gateway ${own} from this network and another one from ${listed([...new Set(names)], MAX_NAMED)}: on one node the bridge plugin rejects pods of the second network; use one bridge per network`,
      },
    ];
  });
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
        const read = range && checkRange(range, { report: new Report() }, i > 0);
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
