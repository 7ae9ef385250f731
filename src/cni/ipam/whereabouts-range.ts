import { type Address, type Cidr, contains, parseAddress, parseCidr, unmapped } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { address, text, texts } from "../kinds.ts";
import type { Section } from "../section.ts";

/** What whereabouts hands out of one range. */
export interface WhereaboutsRange {
  fields: Section;
  network: Cidr;
  /** The bounds, and the networks between them that are left out. */
  first: bigint;
  last: bigint;
  exceptions: readonly Cidr[];
}

/**
 * `range` with its bounds and exceptions (pkg/config, LoadIPAMConfig; pkg/iphelpers, GetIPRange;
 * pkg/allocate, IterateForAssignment): a network, or "10.0.0.5-10.0.0.20/24", from the first address to the
 * one in the network.
 *
 * @param sliced whether nodes have slices: a pod then gets an address of its node's slice instead of the range
 */
export function checkRange(
  fields: Section,
  { report }: Pick<PluginContext, "report">,
  inList: boolean,
  sliced = false,
): WhereaboutsRange | undefined {
  const word = fields.take("range", text) ?? "";
  const start = bound("range_start");
  const end = bound("range_end");
  const exceptions = excluded();
  if (word === "") {
    if (inList) report.missing(fields.at("range"), "a network such as 192.168.1.0/24");
    return undefined;
  }
  const [from, block] = word.includes("-") ? word.split(/-(.*)/s, 2) : [undefined, word];
  const network = asIpv4(parseCidr(sloppy(block ?? "")));
  const first = from === undefined ? undefined : parseAddress(sloppy(from));
  if (!network || (from !== undefined && !first)) {
    report.error(
      fields.at("range"),
      "BAD_CIDR",
      `must be a network such as 192.168.1.0/24, or 192.168.1.5-192.168.1.0/24 (it is ${show(word)})`,
      { value: show(word) },
    );
    return undefined;
  }
  if (network.mapped) return undefined;
  // The first and the last address of a network are not given to pods.
  let [low, high] = [network.first + 1n, network.last - 1n];
  const most = network.address.family === 4 ? 30 : 126;
  if (network.prefix > most) {
    if (!sliced)
      report.error(
        fields.at("range"),
        "TOO_SMALL",
        `is too small to allocate addresses from: must be /${most} or larger (it is ${show(word)})`,
      );
  } else if (first && !contains(network, unmapped(first)))
    report.error(fields.at("range"), "OUTSIDE_SUBNET", `begins outside of its network (it is ${show(word)})`);
  else {
    const inside = (address: Address | undefined): address is Address =>
      address?.family === network.address.family && address.value >= low && address.value <= high;
    const [begin, finish] = first ? [first, network.address] : [start, end];
    if (inside(begin)) low = begin.value;
    if (inside(finish)) high = finish.value;
    if (!first) {
      ignored("range_start", start, inside(start));
      ignored("range_end", end, inside(end));
    }
    if (!sliced && (low > high || covers(exceptions, network.address.family, low, high)))
      report.error(
        fields.at("range"),
        "EMPTY_RANGE",
        `has no address left after "exclude" (it is ${show(word)})`,
      );
  }
  return { fields, network, first: low, last: high, exceptions };

  /** Next to `range`, a value that is not an address is ignored; in `ipRanges` Go's decoder rejects it. */
  function bound(name: string): Address | undefined {
    if (inList) return fields.take(name, address);
    const given = fields.take(name, text);
    const read = given ? parseAddress(sloppy(given)) : undefined;
    if (given && !read)
      report.warn(
        fields.at(name),
        "IGNORED",
        `is ignored, because it is not an IP address (it is ${show(given)})`,
      );
    return read && unmapped(read);
  }

  function ignored(name: string, value: Address | undefined, used: boolean): void {
    if (value && !used)
      report.warn(
        fields.at(name),
        "IGNORED",
        `is ignored, because it is not a usable address of ${show(word).slice(1, -1)}`,
      );
  }

  function excluded(): Cidr[] {
    return (fields.take("exclude", texts) ?? []).flatMap((item, i) => {
      const single = item === undefined ? undefined : parseAddress(item);
      const read = single ? parseCidr(`${item}/${single.family === 4 ? 32 : 128}`) : parseCidr(item ?? "");
      if (read) return [read];
      // Nothing reads them if there is no range, or if the node's slice takes its place.
      if (word !== "" && !sliced)
        report.error(
          [...fields.at("exclude"), i],
          "BAD_CIDR",
          `must be a network such as 192.168.1.0/28, or an address (it is ${show(item)})`,
        );
      return [];
    });
  }
}

/** An IPv4 network written as IPv6 (::ffff:10.1.0.0/120) counts as that of IPv4, since Go's IPNet.String writes it so. */
function asIpv4(network: Cidr | undefined): Cidr | undefined {
  if (!network?.mapped || network.prefix < 96) return network;
  const [address, first, last] = [network.address.value, network.first, network.last].map(
    (value) => value & 0xffffffffn,
  );
  if (address === undefined || first === undefined || last === undefined) return network;
  return { address: { family: 4, value: address }, prefix: network.prefix - 96, first, last, mapped: false };
}

/** Whether a pod may get the address. */
export function handsOut({ network, first, last, exceptions }: WhereaboutsRange, address: Address): boolean {
  return (
    network.address.family === address.family &&
    first <= address.value &&
    address.value <= last &&
    !exceptions.some((block) => contains(block, address))
  );
}

/** The address that the first pod gets (AssignIP). */
export function firstFree({ network, first, exceptions }: WhereaboutsRange): bigint {
  return nextOutside(exceptions, network.address.family, first);
}

/** Whether the networks leave nothing from `low` to `high`. */
function covers(networks: readonly Cidr[], family: 4 | 6, low: bigint, high: bigint): boolean {
  return nextOutside(networks, family, low) > high;
}

function nextOutside(networks: readonly Cidr[], family: 4 | 6, low: bigint): bigint {
  let next = low;
  for (const { address, first, last } of networks.toSorted((a, b) => (a.first < b.first ? -1 : 1)))
    if (address.family === family && first <= next && next <= last) next = last + 1n;
  return next;
}

/** netutils.ParseIPSloppy takes zeros at the beginning of a number. */
export function sloppy(word: string): string {
  return word.replace(/(?<![\da-fA-F:])0+(?=\d+(?:[./]|$))/g, "");
}
