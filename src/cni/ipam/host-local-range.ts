import { type Address, type Cidr, contains } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { address, cidr, list, section } from "../kinds.ts";
import { Report } from "../report.ts";
import type { Kind, Section } from "../section.ts";

/** The text by which canal asks for the node's own pod CIDR; calico fills it in before it calls host-local. */
const POD_CIDR = "usePodCidr";

/** Addresses that host-local hands out. */
export interface Range {
  fields: Section;
  subnet: Cidr;
  gateway: Address | undefined;
  first: bigint;
  last: bigint;
}

/** What the rules of a range depend on beside its own fields. */
type RangeContext = Pick<PluginContext, "report" | "primary" | "type">;

/** The ranges of a host-local configuration that can be read, faults passed over. */
export function hostLocalRanges(ipam: Section): Range[] {
  const context = { report: new Report(), primary: false, type: "" };
  const sets = ipam.take("ranges", list(list(section))) ?? [];
  const inSets = sets.flatMap((set) => set ?? []).map((range) => range && readRange(range, context, true));
  return [readRange(ipam, context, false), ...inSets].filter((range) => range !== undefined);
}

/** Range.Canonicalize. Without `subnet`, the fields next to `ranges` are not a range; within `ranges` it is required. */
export function readRange(fields: Section, context: RangeContext, required: boolean): Range | undefined {
  const { report } = context;
  const subnet = fields.take("subnet", subnetKind(context));
  const start = fields.take("rangeStart", address);
  const end = fields.take("rangeEnd", address);
  const gateway = fields.take("gateway", address);
  if (required) {
    fields.warnOfMisspellings();
    fields.warnOfMisplaced(["routes", "dataDir", "resolvConf"], 'it belongs in "ipam", next to "ranges"');
    if (!fields.has("subnet")) report.missing(fields.at("subnet"), "the addresses to allocate");
  } else if (!fields.has("subnet"))
    for (const name of ["rangeStart", "rangeEnd", "gateway"])
      if (fields.has(name))
        report.warn(fields.at(name), "IGNORED", 'is ignored without a "subnet" next to it');
  if (!subnet) return undefined;
  const { family } = subnet.address;
  const word = show(`${subnet.text}`).slice(1, -1);
  if (subnet.prefix > (family === 4 ? 30 : 126)) {
    report.error(
      fields.at("subnet"),
      "TOO_SMALL",
      `is too small to allocate addresses from: must be /${family === 4 ? 30 : 126} or larger (it is ${word})`,
    );
    return undefined;
  }
  if (subnet.first !== subnet.address.value) {
    report.error(
      fields.at("subnet"),
      "HOST_BITS",
      `must be a network's address, without host bits (it is ${word})`,
    );
    return undefined;
  }
  const first = bound("rangeStart", start, subnet.first + 1n);
  // The broadcast address is left out for IPv4 only (lastIP).
  const last = bound("rangeEnd", end, subnet.last - (family === 4 ? 1n : 0n));
  if (first === undefined || last === undefined) return undefined;
  // Without a rangeEnd nothing compares the two: a start on the broadcast address is accepted.
  if (end && first > last) {
    report.error(fields.at("rangeEnd"), "REVERSED_RANGE", "ends before it starts");
    return undefined;
  }
  const gate = gateway?.family === family ? gateway.value : gateway ? undefined : subnet.first + 1n;
  if (first === last && first === gate)
    report.error(
      fields.at("rangeEnd"),
      "EMPTY_RANGE",
      "leaves only the gateway's address, which is never allocated",
    );
  return { fields, subnet, gateway, first, last };

  function bound(name: string, value: Address | undefined, otherwise: bigint): bigint | undefined {
    if (!value) return otherwise;
    if (contains(subnet as Cidr, value)) return value.value;
    report.error(
      fields.at(name),
      "OUTSIDE_SUBNET",
      `is not in ${word} (it is ${show(fields.exactly(String(fields.at(name).at(-1))))})`,
    );
    return undefined;
  }
}

/** In a further network only calico fills in the pod CIDR. */
function subnetKind({ primary, type }: RangeContext): Kind<Cidr & { text: string }> {
  return (value, path, report) => {
    if (value === POD_CIDR && (primary || type === "calico")) return undefined;
    const read = cidr(value, path, report);
    if (read?.mapped) {
      report.error(path, "BAD_CIDR", "is an IPv4 network written as IPv6, which host-local rejects");
      return undefined;
    }
    return read && { ...read, text: String(value) };
  };
}
