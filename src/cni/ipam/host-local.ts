import type { Address, Cidr } from "../address.ts";
import { contains } from "../address.ts";
import { isAtLeast, type PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { address, cidr, list, section, text } from "../kinds.ts";
import type { Kind, Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** The text by which canal asks for the node's own pod CIDR; calico fills it in before it calls host-local. */
const POD_CIDR = "usePodCidr";
/** Plugins whose interfaces share the wire with other nodes, so that an address given out twice is heard twice. */
const SHARED_WIRE = ["macvlan", "ipvlan", "vlan", "host-device", "sriov", "ovs", "bond"];

interface Range {
  fields: Section;
  subnet: Cidr;
  gateway: Address | undefined;
  first: bigint;
  last: bigint;
}

/** containernetworking/plugins, plugins/ipam/host-local/backend/allocator/{config,range,range_set}.go. */
export function checkHostLocal(ipam: Section, context: PluginContext): void {
  const { report } = context;
  for (const name of ["dataDir", "resolvConf"]) ipam.take(name, text);
  const own = readRange(ipam, context, false);
  const sets = (ipam.take("ranges", list(list(section))) ?? []).map((set, i) => {
    const path = [...ipam.at("ranges"), i];
    if (!set || set.length === 0) report.error(path, "EMPTY_RANGE_SET", "holds no range");
    return (set ?? []).map((range, j) => {
      if (!range) report.error([...path, j], "MISSING_FIELD", 'needs "subnet"');
      return range && readRange(range, context, true);
    });
  });
  const whole = sets.every((set) => set.every((range) => range !== undefined));
  const read = sets.map((set) => set.filter((range) => range !== undefined));
  const all = [...(own ? [[own]] : []), ...read].filter((set) => set.length > 0);
  const given = ipam.has("subnet") || sets.length > 0;
  if (!given && !context.capabilities.has("ipRanges"))
    report.error(ipam.path, "MISSING_FIELD", 'needs "subnet" or "ranges": the addresses to hand out');
  for (const set of all) checkFamilies(set, context);
  checkOverlaps(all.flat(), context);
  if (whole) checkCount(all, ipam, context);
  const ranges = whole ? all.flat() : [];
  checkRoutes(
    ipam,
    context,
    ranges.map(({ subnet }) => subnet),
    ranges.map(({ gateway }) => gateway),
  );
  if (!context.primary && all.length > 0 && SHARED_WIRE.includes(context.type))
    report.warn(
      ipam.at("type"),
      "ADDRESSES_PER_NODE",
      'keeps its leases per node: pods on different nodes get the same address; use "whereabouts" or a range for each node',
      { suggestion: "whereabouts" },
    );
}

/** Range.Canonicalize. A `subnet` left out beside `ranges` is no range; within `ranges` it is required. */
function readRange(fields: Section, context: PluginContext, required: boolean): Range | undefined {
  const { report } = context;
  const subnet = fields.take("subnet", subnetKind(context));
  const start = fields.take("rangeStart", address);
  const end = fields.take("rangeEnd", address);
  const gateway = fields.take("gateway", address);
  if (required) {
    fields.warnOfMisspellings();
    if (!fields.has("subnet")) report.error(fields.path, "MISSING_FIELD", 'needs "subnet"');
  } else if (!fields.has("subnet"))
    for (const name of ["rangeStart", "rangeEnd", "gateway"])
      if (fields.has(name))
        report.warn(fields.at(name), "IGNORED", 'is ignored without a "subnet" beside it');
  if (!subnet) return undefined;
  const { family } = subnet.address;
  const word = show(`${subnet.text}`).slice(1, -1);
  if (subnet.prefix > (family === 4 ? 30 : 126)) {
    report.error(
      fields.at("subnet"),
      "TOO_SMALL",
      `is too small to hand out addresses from: /${family === 4 ? 30 : 126} at most (it is ${word})`,
    );
    return undefined;
  }
  if (subnet.first !== subnet.address.value) {
    report.error(fields.at("subnet"), "HOST_BITS", `has host bits set (${word})`);
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
      "leaves only the gateway's address, which is never handed out",
    );
  return { fields, subnet, gateway, first, last };

  function bound(name: string, value: Address | undefined, otherwise: bigint): bigint | undefined {
    if (!value) return otherwise;
    if (contains(subnet as Cidr, value)) return value.value;
    report.error(fields.at(name), "OUTSIDE_SUBNET", `is not in ${word}`);
    return undefined;
  }
}

/** In a further network nobody fills in the pod CIDR but calico. */
function subnetKind({ primary, type }: PluginContext): Kind<Cidr & { text: string }> {
  return (value, path, report) => {
    if (value === POD_CIDR && (primary || type === "calico")) return undefined;
    const read = cidr(value, path, report);
    if (read?.mapped) {
      report.error(path, "BAD_CIDR", "is an IPv4 network written as IPv6, which host-local refuses");
      return undefined;
    }
    return read && { ...read, text: String(value) };
  };
}

function checkFamilies(set: readonly Range[], { report }: PluginContext): void {
  const family = set[0]?.subnet.address.family;
  for (const { fields, subnet } of set)
    if (subnet.address.family !== family) {
      report.error(
        fields.at("subnet"),
        "MIXED_FAMILIES",
        "is of another family than the first range of its set; IPv4 and IPv6 go into sets of their own",
      );
      return;
    }
}

function checkOverlaps(ranges: readonly Range[], { report }: PluginContext): void {
  // Sorted, so that a thousand ranges of a hostile tenant cost no million comparisons.
  const sorted = ranges.toSorted(
    (a, b) => a.subnet.address.family - b.subnet.address.family || (a.first < b.first ? -1 : 1),
  );
  let widest: Range | undefined;
  for (const range of sorted) {
    if (widest?.subnet.address.family === range.subnet.address.family && range.first <= widest.last)
      report.error(range.fields.at("subnet"), "OVERLAP", "overlaps with another range of this network");
    if (!widest || widest.subnet.address.family !== range.subnet.address.family || range.last > widest.last)
      widest = range;
  }
}

function checkCount(sets: readonly Range[][], ipam: Section, { report, cniVersion }: PluginContext): void {
  for (const family of [4, 6])
    if (
      sets.filter((set) => set[0]?.subnet.address.family === family).length > 1 &&
      !isAtLeast(cniVersion, "0.3.0")
    )
      report.error(
        ipam.at("ranges"),
        "VERSION_TOO_LOW",
        `has more than one set for IPv${family}, which needs cniVersion 0.3.0 or later`,
      );
}
