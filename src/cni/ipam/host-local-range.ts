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
  checkOthers(fields, required, report);
  if (!subnet || !checkSubnet(subnet, fields, report)) return undefined;
  const outside = boundsOutside(subnet, { rangeStart: start, rangeEnd: end });
  for (const name of outside) reportOutside(name, subnet, fields, report);
  if (outside.length > 0) return undefined;
  const first = start?.value ?? subnet.first + 1n;
  // The broadcast address is left out for IPv4 only (lastIP).
  const last = end?.value ?? subnet.last - (subnet.address.family === 4 ? 1n : 0n);
  // Without a rangeEnd nothing compares the two: a start on the broadcast address is accepted.
  if (end && first > last) {
    report.error(fields.at("rangeEnd"), "REVERSED_RANGE", "ends before it starts");
    return undefined;
  }
  const range = { fields, subnet, gateway, first, last };
  if (hasOnlyGateway(range))
    report.error(
      fields.at("rangeEnd"),
      "EMPTY_RANGE",
      "leaves only the gateway's address, which is never allocated",
    );
  return range;
}

/** A subnet with its text, for messages. */
type Subnet = Cidr & { text: string };

/** What is wrong whatever the subnet is. */
function checkOthers(fields: Section, required: boolean, report: Report): void {
  if (required) {
    fields.warnOfMisspellings();
    fields.warnOfMisplaced(["routes", "dataDir", "resolvConf"], 'it belongs in "ipam", next to "ranges"');
    if (!fields.has("subnet")) report.missing(fields.at("subnet"), "the addresses to allocate");
  } else if (!fields.has("subnet"))
    for (const name of ["rangeStart", "rangeEnd", "gateway"])
      if (fields.has(name))
        report.warn(fields.at(name), "IGNORED", 'is ignored without a "subnet" next to it');
}

/** Whether addresses can be allocated from the subnet; reports why not. */
function checkSubnet(subnet: Subnet, fields: Section, report: Report): boolean {
  const most = subnet.address.family === 4 ? 30 : 126;
  const path = fields.at("subnet");
  if (subnet.prefix > most) {
    const message = `is too small to allocate addresses from: must be /${most} or larger (it is ${wordFor(subnet)})`;
    report.error(path, "TOO_SMALL", message);
    return false;
  }
  if (subnet.first !== subnet.address.value) {
    const message = `must be a network's address, without host bits (it is ${wordFor(subnet)})`;
    report.error(path, "HOST_BITS", message);
    return false;
  }
  return true;
}

function boundsOutside(subnet: Cidr, bounds: Readonly<Record<string, Address | undefined>>): string[] {
  return Object.entries(bounds).flatMap(([name, bound]) => (bound && !contains(subnet, bound) ? [name] : []));
}

function reportOutside(name: string, subnet: Subnet, fields: Section, report: Report): void {
  const path = fields.at(name);
  const written = fields.exactly(String(path.at(-1)));
  report.error(path, "OUTSIDE_SUBNET", `is not in ${wordFor(subnet)} (it is ${show(written)})`);
}

function wordFor({ text }: Subnet): string {
  return show(text).slice(1, -1);
}

function hasOnlyGateway({ subnet, gateway, first, last }: Range): boolean {
  if (first !== last) return false;
  if (!gateway) return first === subnet.first + 1n;
  return gateway.family === subnet.address.family && gateway.value === first;
}

/** In a further network only calico fills in the pod CIDR. */
function subnetKind({ primary, type }: RangeContext): Kind<Subnet> {
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
