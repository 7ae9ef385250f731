import { type Address, type Cidr, parseAddress, unmapped } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { sloppy, type WhereaboutsRange } from "./whereabouts-range.ts";

/**
 * `node_slice_size`: whereabouts' controller divides the first range into a slice for each node (pkg/iphelpers,
 * DivideRangeBySize), of which the plugin then hands out all but the first and the last address
 * (pkg/storage/kubernetes, IPManagementKubernetesUpdate).
 */
export function checkSlices(
  ipam: Section,
  [range, ...more]: readonly WhereaboutsRange[],
  { report }: PluginContext,
): void {
  const word = ipam.take("node_slice_size", text) ?? "";
  if (word === "") return;
  const path = ipam.at("node_slice_size");
  if (!/^\/?[+-]?\d{1,9}$/.test(word)) {
    report.error(
      path,
      "WRONG_TYPE",
      `must be a prefix length such as "/24": whereabouts' controller does not create other slices (it is ${show(word)})`,
    );
    return;
  }
  if (!range) return;
  const { network, fields } = range;
  if (network.address.family === 6) {
    report.error(
      path,
      "CONTRADICTION",
      "works with IPv4 only: whereabouts' controller crashes on an IPv6 range",
    );
    return;
  }
  const size = Number(word.replace(/^\//, ""));
  const problem = problemOfSize(size, word, network);
  if (problem !== undefined) report.error(path, "OUT_OF_RANGE", problem);
  for (const name of ["exclude", "range_start", "range_end"])
    if (fields.has(name)) report.warn(fields.at(name), "IGNORED", 'is ignored next to "node_slice_size"');
  if (more.length > 0)
    report.warn(
      path,
      "CONTRADICTION",
      "works with one range only: the pod gets its address in the first range again instead of one in another range",
    );
  const gateway = parseAddress(sloppy(ipam.take("gateway", text) ?? ""));
  if (gateway && problem === undefined && slicesHandOut(unmapped(gateway), network, size))
    report.warn(
      ipam.at("gateway"),
      "GATEWAY_HANDED_OUT",
      "is allocated to a pod like any other address of a node's slice; use a gateway that is the first or last address of a slice, or outside of the range",
    );
}

/** Why a range of IPv4 cannot be divided into slices of this prefix length, which is written as `word`. */
function problemOfSize(size: number, word: string, { prefix }: Cidr): string | undefined {
  if (size < prefix)
    return `is larger than the range that contains it: must be /${prefix} or smaller (it is ${show(word)}); no node gets addresses`;
  if (size > 30) return `leaves no address in a slice: must be /30 or larger (it is ${show(word)})`;
  return undefined;
}

/** Whether a pod may get the address: it is in a slice, and neither its first nor its last one. */
function slicesHandOut({ family, value }: Address, { first, last }: Cidr, size: number): boolean {
  if (family !== 4 || value < first || value > last) return false;
  const slice = 1n << BigInt(32 - size);
  const place = (value - first) % slice;
  return place > 0n && place < slice - 1n;
}
