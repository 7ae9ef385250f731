import { isAtLeast, type Layer3, type PluginContext } from "../context.ts";
import { list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { type Range, readRange } from "./host-local-range.ts";
import { checkRoutes } from "./routes.ts";

/** Plugins whose interfaces share the wire with other nodes, so that an address given out twice is heard twice. */
export const SHARED_WIRE = ["macvlan", "ipvlan", "vlan", "host-device", "sriov", "ovs", "bond"];

/** containernetworking/plugins, plugins/ipam/host-local/backend/allocator/{config,range,range_set}.go. */
export function checkHostLocal(ipam: Section, context: PluginContext): Layer3 | undefined {
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
  const known = whole && all.length > 0 && !context.capabilities.has("ipRanges");
  // One address of each set, of its first range as long as that lasts.
  const handedOut = all
    .map(([first]) => first)
    .filter((range) => range !== undefined)
    .map(({ subnet, gateway }) => ({
      subnet,
      // host-local takes the first address of the subnet for the gateway where none is given.
      gateway: gateway ?? { family: subnet.address.family, value: subnet.first + 1n },
    }));
  const subnets = all.flat().map(({ subnet }) => subnet);
  const layer3 = checkRoutes(ipam, context, known ? subnets : undefined, known ? handedOut : undefined);
  if (!context.primary && all.length > 0 && SHARED_WIRE.includes(context.type))
    report.warn(
      ipam.at("type"),
      "ADDRESSES_PER_NODE",
      'keeps its leases per node: pods on different nodes get the same address; use "whereabouts" or a range for each node',
      { suggestion: "whereabouts" },
    );
  return layer3;
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
