import { createHash } from "node:crypto";
import { type Address, formatAddress, parseCidr } from "../../cni/address.ts";
import { hostLocalRanges } from "../../cni/ipam/host-local-range.ts";
import { checkRange } from "../../cni/ipam/whereabouts-range.ts";
import { list, section, text } from "../../cni/kinds.ts";
import { Report } from "../../cni/report.ts";
import type { Section } from "../../cni/section.ts";
import type { AddressRange } from "../../crds/network-attachment-report/report.ts";
import type { Network } from "../cross-checks/network.ts";

/** Addresses that one IPAM hands out as one stock. */
export interface AddressPool {
  ipam: "host-local" | "whereabouts" | "static";
  family: 4 | 6;
  /** Without what is excluded, ascending, apart from each other. */
  intervals: readonly Interval[];
  /** host-local keeps its leases per node: each node hands the whole stock out. */
  perNode: boolean;
  /** The same for all networks that allocate the same addresses from one store; undefined if that is only this one. */
  store?: string;
}

interface Interval {
  first: bigint;
  last: bigint;
}

export interface AddressUse {
  ranges: AddressRange[];
  /** How many of the following there are. */
  outsideTotal: number;
  /** Addresses in no range of the network, if it has any; the first. */
  outside: { address: string; pod: string }[];
}

/** A range is nearly used up from this share on. */
const NEARLY = 0.9;
/** Ranges, and exclusions of each, that are inspected at: a tenant may write any number. */
const MAX_RANGES = 64;

/** How many addresses of a range are taken, on the fullest node if each node has the range for itself. */
export interface NodeUse {
  /** Empty if the range is one for all nodes, or none is taken. */
  node: string;
  used: number;
  /** Other networks allocate from the range, too. */
  isShared?: boolean;
}

/** The number of the first stock that has the address, -1 if none has. */
export function poolOf(pools: readonly AddressPool[], address: Address): number {
  return pools.findIndex((pool) => holds(pool, address));
}

/** Whether addresses are given out by a plugin, so that one outside of its ranges is remarkable. */
export function isDynamic(pools: readonly AddressPool[]): boolean {
  return pools.some(({ ipam }) => ipam !== "static");
}

/** The ranges of a report. Addresses count that pods report: leases that were not given back are not seen. */
export function rangesOf(pools: readonly AddressPool[], uses: readonly NodeUse[]): AddressRange[] {
  return pools.map((pool, index) => rangeOf(pool, uses[index] ?? { node: "", used: 0 }));
}

/** Whether a range will give no more, or soon will not. Static addresses are not handed out one by one. */
export function pressureOf({ ipam, size, free }: AddressRange): "none" | "nearly used up" | "used up" {
  if (ipam === "static") return "none";
  if (free === 0) return "used up";
  return size - free >= size * NEARLY ? "nearly used up" : "none";
}

/** The stocks of a network's IPAM plugins. Empty if it has another IPAM, or none. */
export function poolsOf(network: Network): AddressPool[] {
  return network.plugins.flatMap(({ ipam }) => {
    switch (ipam?.type) {
      case "host-local":
        return hostLocalPools(ipam.fields, network.networkName);
      case "whereabouts":
        return whereaboutsPools(ipam.fields);
      case "static":
        return staticPools(ipam.fields);
      default:
        return [];
    }
  });
}

/**
 * The ranges of one set are one stock: the next is used when one is full. The gateway's address is never handed out.
 * Leases are files in dataDir, in a directory with the network's name (plugins/ipam/host-local, disk.New).
 */
function hostLocalPools(ipam: Section, networkName: string): AddressPool[] {
  const ranges = hostLocalRanges(ipam).slice(0, MAX_RANGES);
  const sets = Map.groupBy(ranges, ({ fields }) => JSON.stringify(fields.path.slice(0, -1)));
  const store = ["host-local", ipam.take("dataDir", text) || HOST_LOCAL_DIR, networkName];
  return [...sets.values()].map((set) =>
    stored(store, {
      ipam: "host-local",
      family: set[0]?.subnet.address.family ?? 4,
      perNode: true,
      intervals: set.flatMap(({ first, last, gateway, subnet }) => {
        const gate = gateway?.value ?? subnet.first + 1n;
        return without([{ first, last }], { first: gate, last: gate });
      }),
    }),
  );
}

/** Where host-local keeps its leases if the configuration has no dataDir (disk.defaultDataDir). */
const HOST_LOCAL_DIR = "/var/lib/cni/networks";

/**
 * The checker reads the bounds, as whereabouts does (checkRange). A pool is named by `network_name` and the network of the
 * range, or that of the node's slice (pkg/storage/kubernetes, IPPoolName).
 */
function whereaboutsPools(ipam: Section): AddressPool[] {
  const listed = ipam.take("ipRanges", list(section)) ?? [];
  const names = [ipam.take("network_name", text) ?? "", ipam.take("node_slice_size", text) ?? ""];
  return [ipam, ...listed].slice(0, MAX_RANGES).flatMap((fields, i): AddressPool[] => {
    const range = fields && checkRange(fields, { report: new Report() }, { inList: i > 0 });
    if (!range) return [];
    const { network, first, last, exceptions } = range;
    const whole = first <= last ? [{ first, last }] : [];
    const intervals = exceptions
      .filter(({ address: { family } }) => family === network.address.family)
      .slice(0, MAX_RANGES)
      .reduce<Interval[]>(without, whole);
    const store = ["whereabouts", ...names, `${network.first}/${network.prefix}`];
    const { family } = network.address;
    return [stored(store, { ipam: "whereabouts", family, perNode: false, intervals })];
  });
}

/**
 * The pool with the name of its store. Only networks with the very same addresses have the same: the report of another would
 * show a tenant, address by address, what other namespaces use in any range that it writes into a NAD.
 */
function stored(store: readonly string[], pool: AddressPool): AddressPool {
  const addresses = pool.intervals.map(({ first, last }) => `${first}-${last}`);
  const name = JSON.stringify([store, pool.family, addresses]);
  return { ...pool, store: createHash("sha256").update(name).digest("base64").slice(0, 22) };
}

function staticPools(ipam: Section): AddressPool[] {
  const addresses = (ipam.take("addresses", list(section)) ?? []).slice(0, MAX_RANGES);
  return addresses.flatMap((fields): AddressPool[] => {
    const block = parseCidr(fields?.take("address", text) ?? "");
    if (!block) return [];
    const { family, value } = block.address;
    return [{ ipam: "static", family, perNode: false, intervals: [{ first: value, last: value }] }];
  });
}

function without(intervals: readonly Interval[], hole: Interval): Interval[] {
  return intervals.flatMap(({ first, last }) => {
    if (hole.last < first || hole.first > last) return [{ first, last }];
    const left = { first, last: hole.first - 1n };
    const right = { first: hole.last + 1n, last };
    return [left, right].filter((part) => part.first <= part.last);
  });
}

function holds({ family, intervals }: AddressPool, found: Address): boolean {
  return (
    family === found.family &&
    intervals.some(({ first, last }) => found.value >= first && found.value <= last)
  );
}

function rangeOf(pool: AddressPool, { node, used, isShared }: NodeUse): AddressRange {
  const size = pool.intervals.reduce((sum, { first, last }) => sum + (last - first + 1n), 0n);
  const counted = Number(size > MAX_COUNTED ? MAX_COUNTED : size);
  return {
    range: textOf(pool),
    ipam: pool.ipam,
    size: counted,
    used,
    free: counted - used,
    ...(isShared ? { shared: true } : {}),
    perNode: pool.perNode,
    ...(pool.perNode && node !== "" ? { node } : {}),
  };
}

const MAX_COUNTED = BigInt(Number.MAX_SAFE_INTEGER);

function textOf({ family, intervals }: AddressPool): string {
  const first = intervals[0];
  const last = intervals.at(-1);
  if (!first || !last) return "none";
  const [from, to] = [first.first, last.last].map((value) => formatAddress(family, value));
  return from === to ? String(from) : `${from}-${to}`;
}
