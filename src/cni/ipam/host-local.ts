import { type Address, parseAddress, parseCidr, unmapped } from "../address.ts";
import { cniArgs } from "../args.ts";
import { isAtLeast, type Layer3, type PluginContext } from "../context.ts";
import { type Path, show } from "../finding.ts";
import { list, section, text, texts } from "../kinds.ts";
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
    if (!set || set.length === 0) report.error(path, "EMPTY_RANGE_SET", "has no range");
    return (set ?? []).map((range, j) => {
      if (!range) report.missing([...path, j, "subnet"], "the addresses to allocate");
      return range && readRange(range, context, true);
    });
  });
  const whole = sets.every((set) => set.every((range) => range !== undefined));
  const read = sets.map((set) => set.filter((range) => range !== undefined));
  const all = [...(own ? [[own]] : []), ...read].filter((set) => set.length > 0);
  const given = ipam.has("subnet") || sets.length > 0;
  if (!given && !context.capabilities.has("ipRanges"))
    report.missing(ipam.at("subnet"), 'the addresses to allocate, here or in "ranges"');
  for (const set of all) checkFamilies(set, context);
  checkOverlaps(all.flat(), context);
  if (whole) checkCount(all, ipam, context);
  if (whole) checkRequested(all, ipam, context);
  const known = whole && all.length > 0 && !context.capabilities.has("ipRanges");
  // One address of each set, of its first range as long as that lasts.
  const handedOut = all
    .map(([first]) => first)
    .filter((range) => range !== undefined)
    .map((range) => ({ subnet: range.subnet, gateway: gatewayOf(range) }));
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

/**
 * Addresses of `args.cni.ips` and of the pod's request: each must lie in a set of its own, and be no gateway. Of
 * CNI_ARGS host-local reads one address only, and Multus passes all of a request there.
 */
function checkRequested(sets: readonly Range[][], ipam: Section, context: PluginContext): void {
  const { report, request, capabilities, fields } = context;
  if (capabilities.has("ipRanges") || fields.has("runtimeConfig")) return;
  const args = cniArgs(fields);
  const left = [...sets];
  const taken = new Set<string>();
  const take = (ip: string, path: Path, code: string): void => {
    const found = ip.includes("/") ? parseCidr(ip)?.address : parseAddress(ip);
    if (!found) {
      report.error(path, "BAD_ADDRESS", `must be an IP address (it is ${show(ip)})`);
      return;
    }
    const wanted = unmapped(found);
    const key = `${wanted.family} ${wanted.value}`;
    if (taken.has(key)) return;
    taken.add(key);
    const index = left.findIndex((set) => set.some((range) => holds(range, wanted)));
    const [set] = index < 0 ? [undefined] : left.splice(index, 1);
    if (!set) report.error(path, code, `has no range that contains ${show(ip)}`);
    else if (set.some((range) => holds(range, wanted) && gatewayOf(range).value === wanted.value))
      report.error(path, code, `does not allocate ${show(ip)}, which is the gateway of its range`);
  };
  for (const [i, ip] of (args?.take("ips", texts) ?? []).entries())
    if (ip !== undefined && ip !== "") take(ip, [...(args?.at("ips") ?? []), i], "OUTSIDE_SUBNET");
  const ips = request?.ips ?? [];
  if (ips.length > 1)
    report.error(
      ipam.at("type"),
      "TOO_MANY_IPS",
      `"host-local" accepts only one requested address, because Multus passes all of them in one argument (the pod requests ${ips.length}); use "whereabouts" or "static"`,
    );
  else for (const ip of ips) take(ip, ipam.path, "OUTSIDE_SUBNET");
}

function holds({ subnet, first, last }: Range, { family, value }: Address): boolean {
  return subnet.address.family === family && first <= value && value <= last;
}

/** host-local takes the first address of the subnet for the gateway if none is given. */
function gatewayOf({ subnet, gateway }: Range): Address {
  return gateway ?? { family: subnet.address.family, value: subnet.first + 1n };
}

function checkFamilies(set: readonly Range[], { report }: PluginContext): void {
  const family = set[0]?.subnet.address.family;
  for (const { fields, subnet } of set)
    if (subnet.address.family !== family) {
      report.error(
        fields.at("subnet"),
        "MIXED_FAMILIES",
        "has another address family than the first range of its set; put IPv4 and IPv6 into separate sets",
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
        `has more than one set for IPv${family}, which requires cniVersion 0.3.0 or later`,
      );
}
