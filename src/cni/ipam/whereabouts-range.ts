import { type Address, type Cidr, contains, parseAddress, parseCidr, unmapped } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { address, text, texts } from "../kinds.ts";
import type { Report } from "../report.ts";
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

/** Where a range is written, and how it is used. */
interface RangeUse {
  /** Of `ipRanges`, whose fields Go's decoder reads, instead of next to `range`. */
  inList: boolean;
  /** Whether nodes have slices: a pod then gets an address of its node's slice instead of the range. */
  sliced?: boolean;
}

/**
 * `range` with its bounds and exceptions (pkg/config, LoadIPAMConfig; pkg/iphelpers, GetIPRange;
 * pkg/allocate, IterateForAssignment): a network, or "10.0.0.5-10.0.0.20/24", from the first address to the
 * one in the network.
 */
export function checkRange(
  fields: Section,
  { report }: Pick<PluginContext, "report">,
  { inList, sliced = false }: RangeUse,
): WhereaboutsRange | undefined {
  const word = fields.take("range", text) ?? "";
  const start = readBound(fields, "range_start", inList, report);
  const end = readBound(fields, "range_end", inList, report);
  // Nothing reads the exceptions if there is no range, or if the node's slice takes its place.
  const exceptions = readExceptions(fields, word === "" || sliced ? undefined : report);
  if (word === "" && inList) report.missing(fields.at("range"), "a network such as 192.168.1.0/24");
  const written = word === "" ? undefined : readRange(word, fields, report);
  if (!written || written.network.mapped) return undefined;
  const { network, from } = written;
  // The first and the last address of a network are not given to pods.
  const whole = { fields, network, first: network.first + 1n, last: network.last - 1n, exceptions };
  const problem = problemOfNetwork(written, word);
  if (problem) {
    if (problem.code !== "TOO_SMALL" || !sliced)
      report.error(fields.at("range"), problem.code, problem.message);
    return whole;
  }
  const range = from ? narrowed(whole, from, network.address) : narrowed(whole, start, end);
  if (!from) warnOfUnused(range, { range_start: start, range_end: end }, word, report);
  if (!sliced) checkEmpty(range, word, report);
  return range;
}

/** Reports what is not a range. */
function readRange(word: string, fields: Section, report: Report): WrittenRange | undefined {
  const written = parseRange(word);
  if (!written)
    report.error(
      fields.at("range"),
      "BAD_CIDR",
      `must be a network such as 192.168.1.0/24, or 192.168.1.5-192.168.1.0/24 (it is ${show(word)})`,
      { value: show(word) },
    );
  return written;
}

interface WrittenRange {
  network: Cidr;
  /** The first address, of "10.0.0.5-10.0.0.20/24". */
  from: Address | undefined;
}

function parseRange(word: string): WrittenRange | undefined {
  const [from, block = ""] = word.includes("-") ? word.split(/-(.*)/s, 2) : [undefined, word];
  const network = asIpv4(parseCidr(sloppy(block)));
  if (!network) return undefined;
  if (from === undefined) return { network, from };
  const first = parseAddress(sloppy(from));
  return first && { network, from: first };
}

function problemOfNetwork(
  { network, from }: WrittenRange,
  word: string,
): { code: string; message: string } | undefined {
  const most = network.address.family === 4 ? 30 : 126;
  if (network.prefix > most) {
    const message = `is too small to allocate addresses from: must be /${most} or larger (it is ${show(word)})`;
    return { code: "TOO_SMALL", message };
  }
  if (!from || contains(network, unmapped(from))) return undefined;
  return { code: "OUTSIDE_SUBNET", message: `begins outside of its network (it is ${show(word)})` };
}

/** The part from `begin` to `end`: a bound that is not in what is left of the range is ignored. */
function narrowed(
  range: WhereaboutsRange,
  begin: Address | undefined,
  end: Address | undefined,
): WhereaboutsRange {
  const begun = isWithin(range, begin) ? { ...range, first: begin.value } : range;
  return isWithin(begun, end) ? { ...begun, last: end.value } : begun;
}

function isWithin(
  { network, first, last }: WhereaboutsRange,
  address: Address | undefined,
): address is Address {
  return address?.family === network.address.family && first <= address.value && address.value <= last;
}

function warnOfUnused(
  range: WhereaboutsRange,
  bounds: Readonly<Record<string, Address | undefined>>,
  word: string,
  report: Report,
): void {
  for (const [name, bound] of Object.entries(bounds))
    if (bound && !isWithin(range, bound))
      report.warn(
        range.fields.at(name),
        "IGNORED",
        `is ignored, because it is not a usable address of ${show(word).slice(1, -1)}`,
      );
}

function checkEmpty(range: WhereaboutsRange, word: string, report: Report): void {
  if (firstFree(range) > range.last)
    report.error(
      range.fields.at("range"),
      "EMPTY_RANGE",
      `has no address left after "exclude" (it is ${show(word)})`,
    );
}

/** Next to `range`, a value that is not an address is ignored; in `ipRanges` Go's decoder rejects it. */
function readBound(fields: Section, name: string, inList: boolean, report: Report): Address | undefined {
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

/** `exclude`, whose items are networks or addresses. */
function readExceptions(fields: Section, report: Report | undefined): Cidr[] {
  const read = (fields.take("exclude", texts) ?? []).map((item, i) => {
    const single = item === undefined ? undefined : parseAddress(item);
    const block = parseCidr(single ? `${item}/${single.family === 4 ? 32 : 128}` : (item ?? ""));
    if (!block)
      report?.error(
        [...fields.at("exclude"), i],
        "BAD_CIDR",
        `must be a network such as 192.168.1.0/28, or an address (it is ${show(item)})`,
      );
    return block;
  });
  return read.filter((block) => block !== undefined);
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

/** The address that the first pod gets (AssignIP); beyond the last one if the exceptions leave nothing. */
export function firstFree({ network, first, exceptions }: WhereaboutsRange): bigint {
  let next = first;
  for (const block of exceptions.toSorted((a, b) => (a.first < b.first ? -1 : 1)))
    if (block.address.family === network.address.family && block.first <= next && next <= block.last)
      next = block.last + 1n;
  return next;
}

/** netutils.ParseIPSloppy takes zeros at the beginning of a number. */
export function sloppy(word: string): string {
  return word.replace(/(?<![\da-fA-F:])0+(?=\d+(?:[./]|$))/g, "");
}
