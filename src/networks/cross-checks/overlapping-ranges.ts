import { show } from "../../cni/finding.ts";
import { hostLocalRanges, type Range } from "../../cni/ipam/host-local-range.ts";
import { text } from "../../cni/kinds.ts";
import { listed } from "../../crds/listed.ts";
import { wireOf } from "./layer2.ts";
import { type Network, placeOf } from "./network.ts";
import { type ClusterView, type CrossFinding, MAX_NAMED } from "./view.ts";

interface Claim {
  network: Network;
  range: Range;
  wire: string;
  /** host-local's leases lie in dataDir under the network's name: two networks that share both never give an address twice on a node. */
  store: string;
}

/** NADs whose host-local ranges overlap on one wire, with leases of their own each: two pods get one address. */
export function overlappingRanges(
  networks: readonly Network[],
  { hidesOtherNamespaces = false }: Pick<ClusterView, "hidesOtherNamespaces"> = {},
): CrossFinding[] {
  const wires = Map.groupBy(
    networks.flatMap(claimsOf),
    (claim) => `${claim.wire} ${claim.range.subnet.address.family}`,
  );
  const found = new Map<Claim, Set<string>>();
  for (const claims of wires.values())
    for (const [one, other] of overlaps(claims)) {
      note(one, other);
      note(other, one);
    }
  return [...found].map(([{ network, range, wire }, others]) => ({
    namespace: network.nad.namespace,
    name: network.nad.name,
    path: placeOf(range.fields, "subnet"),
    severity: "warning",
    code: "RANGES_OVERLAP",
    message: `overlaps with a range of ${namesFor(network.nad.namespace, [...others])} in the same layer-2 network (${show(wire).slice(1, -1)}), and each allocates its addresses separately`,
  }));

  function namesFor(namespace: string, others: readonly string[]): string {
    const named = hidesOtherNamespaces ? others.filter((name) => name.startsWith(`${namespace}/`)) : others;
    const rest = others.length - named.length;
    const hidden = rest > 0 ? [`${rest} of other namespaces`] : [];
    return [...(named.length > 0 ? [listed(named, MAX_NAMED)] : []), ...hidden].join(" and of ");
  }

  function note(claim: Claim, other: Claim): void {
    const { namespace, name } = other.network.nad;
    const names = found.get(claim) ?? new Set();
    names.add(`${namespace}/${name}`);
    found.set(claim, names);
  }
}

function claimsOf(network: Network): Claim[] {
  return network.plugins.flatMap((plugin) => {
    const wire = wireOf(network, plugin);
    if (wire === undefined || plugin.ipam?.type !== "host-local") return [];
    const store = `${plugin.ipam.fields.take("dataDir", text) ?? ""}/${network.networkName}`;
    return hostLocalRanges(plugin.ipam.fields)
      .slice(0, 64)
      .map((range) => ({ network, range, wire, store }));
  });
}

/** Pairs of overlapping claims with different stores; each claim that has one is in some pair. One sweep over the sorted ranges. */
function* overlaps(claims: readonly Claim[]): Generator<[Claim, Claim]> {
  const sorted = claims.toSorted((a, b) => compareBounds(a.range.first, b.range.first));
  let reach: Reach = { far: undefined, next: undefined };
  for (const claim of sorted) {
    const other = reach.far?.store === claim.store ? reach.next : reach.far;
    if (other && claim.range.first <= other.range.last) yield [claim, other];
    reach = extended(reach, claim);
  }
}

/** The claims that reach farthest so far, of two different stores. */
interface Reach {
  far: Claim | undefined;
  next: Claim | undefined;
}

function extended({ far, next }: Reach, claim: Claim): Reach {
  if (!far || claim.range.last > far.range.last)
    return { far: claim, next: far && far.store !== claim.store ? far : next };
  const isNext = claim.store !== far.store && (!next || claim.range.last > next.range.last);
  return { far, next: isNext ? claim : next };
}

function compareBounds(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
