import { type Address, type Cidr, contains, parseAddress, parseCidr } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { show } from "../finding.ts";
import { address, flag, int, list, section, text, texts } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** k8snetworkplumbingwg/whereabouts, pkg/config/config.go, pkg/types/types.go, pkg/allocate and pkg/iphelpers. */
export function checkWhereabouts(ipam: Section, context: PluginContext): undefined {
  const { report } = context;
  checkRange(ipam, context, false);
  const ranges = ipam.take("ipRanges", list(section)) ?? [];
  for (const fields of ranges) {
    if (!fields) continue;
    checkRange(fields, context, true);
    fields.warnOfMisspellings();
  }
  const gateway = ipam.take("gateway", text);
  if (gateway && !parseAddress(sloppy(gateway)))
    report.error(ipam.at("gateway"), "BAD_ADDRESS", `must be an IP address (it is ${show(gateway)})`, {
      value: show(gateway),
    });
  const slice = ipam.take("node_slice_size", text);
  if (slice && !/^\/?\d{1,3}$/.test(slice))
    report.error(
      ipam.at("node_slice_size"),
      "WRONG_TYPE",
      `must be a prefix length such as "/24" (it is ${show(slice)})`,
    );
  for (const name of [
    "network_name",
    "log_file",
    "log_level",
    "configuration_path",
    "datastore",
    "reconciler_cron_expression",
  ])
    ipam.take(name, text);
  ipam.take("enable_overlapping_ranges", flag);
  for (const name of [
    "leader_lease_duration",
    "leader_renew_deadline",
    "leader_retry_period",
    "sleep_for_race",
  ])
    ipam.take(name, int);
  const kubernetes = ipam.take("kubernetes", section);
  for (const name of ["kubeconfig", "k8s_api_root"]) kubernetes?.take(name, text);
  checkDns(ipam);
  checkAddresses(ipam, context);
  if (!ipam.take("range", text) && ranges.length === 0 && !ipam.has("addresses"))
    report.warn(
      ipam.path,
      "MISSING_FIELD",
      'has no "range" and no "ipRanges": they must then stand in whereabouts.conf on every node',
    );
  checkRoutes(ipam, context, undefined);
}

/** A network, or "10.0.0.5-10.0.0.20/24": from the first address to the one in the network. */
function checkRange(fields: Section, { report }: PluginContext, required: boolean): void {
  const word = fields.take("range", text) ?? "";
  const start = bound("range_start");
  const end = bound("range_end");
  for (const [i, item] of (fields.take("exclude", texts) ?? []).entries())
    if (item === undefined || !(parseCidr(item) || parseAddress(item)))
      report.error(
        [...fields.at("exclude"), i],
        "BAD_CIDR",
        `must be a network such as 192.168.1.0/28 or an address (it is ${show(item)})`,
      );
  if (word === "") {
    if (required)
      report.error(fields.path, "MISSING_FIELD", 'needs "range", a network such as 192.168.1.0/24');
    return;
  }
  const [first, block] = word.includes("-") ? word.split(/-(.*)/s, 2) : [undefined, word];
  const network = parseCidr(sloppy(block ?? ""));
  const from = first === undefined ? undefined : parseAddress(sloppy(first));
  if (!network || (first !== undefined && !from)) {
    report.error(
      fields.at("range"),
      "BAD_CIDR",
      `must be a network such as 192.168.1.0/24, or 192.168.1.5-192.168.1.0/24 (it is ${show(word)})`,
      { value: show(word) },
    );
    return;
  }
  if (network.prefix > (network.address.family === 4 ? 30 : 126))
    report.error(
      fields.at("range"),
      "TOO_SMALL",
      `is too small to hand out addresses from: /${network.address.family === 4 ? 30 : 126} at most (it is ${show(word)})`,
    );
  if (from && !contains(network, from))
    report.error(fields.at("range"), "OUTSIDE_SUBNET", `begins outside of its network (it is ${show(word)})`);
  ignored("range_start", start, network);
  ignored("range_end", end, network);

  /** What is no address counts as not given. */
  function bound(name: string): Address | undefined {
    const given = fields.take(name, text);
    const read = given ? parseAddress(sloppy(given)) : undefined;
    if (given && !read)
      report.warn(fields.at(name), "IGNORED", `is ignored, since it is no IP address (it is ${show(given)})`);
    return read;
  }
  function ignored(name: string, value: Address | undefined, within: Cidr): void {
    if (value && !contains(within, value))
      report.warn(fields.at(name), "IGNORED", `is ignored, since it is not in ${show(word).slice(1, -1)}`);
  }
}

function checkAddresses(ipam: Section, { report }: PluginContext): void {
  for (const [i, item] of (ipam.take("addresses", list(section)) ?? []).entries()) {
    const given = item?.take("address", text);
    item?.take("gateway", address);
    if (given === undefined || !parseCidr(sloppy(given)))
      report.error(
        item?.has("address") ? item.at("address") : [...ipam.at("addresses"), i],
        "BAD_CIDR",
        `needs "address", such as 192.168.1.5/24 (it is ${show(given)})`,
      );
  }
}

/** netutils.ParseIPSloppy takes zeros at the beginning of a number. */
function sloppy(word: string): string {
  return word.replace(/(?<![\da-fA-F:])0+(?=\d+(?:[./]|$))/g, "");
}
