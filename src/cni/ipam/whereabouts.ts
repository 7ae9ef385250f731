import { type Address, parseAddress, parseCidr, unmapped } from "../address.ts";
import type { HandedOut, Layer3, PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { type Path, show } from "../finding.ts";
import { address, flag, int, list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";
import { checkRange, firstFree, handsOut, sloppy, type WhereaboutsRange } from "./whereabouts-range.ts";
import { checkSlices } from "./whereabouts-slices.ts";

/** Fields of the IPAM that a range of `ipRanges` does not have (RangeConfiguration). */
const OF_ALL_RANGES = ["gateway", "routes", "enable_overlapping_ranges", "network_name", "node_slice_size"];

/** Fields that are read for their types only. */
const OTHER_TEXTS = [
  "network_name",
  "log_file",
  "log_level",
  "configuration_path",
  "reconciler_cron_expression",
];
const OTHER_NUMBERS = [
  "leader_lease_duration",
  "leader_renew_deadline",
  "leader_retry_period",
  "sleep_for_race",
];

/** k8snetworkplumbingwg/whereabouts, pkg/config/config.go, pkg/types/types.go, pkg/allocate and pkg/iphelpers. */
export function checkWhereabouts(ipam: Section, context: PluginContext): Layer3 | undefined {
  const { report } = context;
  const sliced = isSliced(ipam);
  const own = checkRange(ipam, context, { inList: false, sliced });
  const listed = (ipam.take("ipRanges", list(section)) ?? []).map((fields, i) =>
    readListed(fields, [...ipam.at("ipRanges"), i], context, sliced),
  );
  const ranges = [own, ...listed].filter((range) => range !== undefined);
  const hasRange = (ipam.take("range", text) ?? "") !== "";
  const gateway = readGateway(ipam, context);
  checkSlices(ipam, ranges, context);
  checkDatastore(ipam, context);
  checkOtherFields(ipam);
  const fixed = checkAddresses(ipam, context);
  const requested = requestedAddresses(ipam, context);
  checkTwice([...fixed, ...requested], ipam, context);
  const hasAddresses = (ipam.take("addresses", list(section)) ?? []).length > 0;
  if (!hasRange && listed.length === 0 && !hasAddresses && requested.length === 0)
    report.missing(
      ipam.at("range"),
      'the addresses to allocate, here, in "ipRanges" or in whereabouts.conf on every node',
      "warning",
    );
  checkNetworks(ranges, context);
  if (gateway && !sliced) checkGateway(gateway, ranges, ipam, context);
  // Every address of a range comes with the one gateway, those of "addresses" with their own.
  const handedOut = [...ranges.map((range) => firstOf(range, gateway, sliced)), ...fixed, ...requested];
  const certain =
    handedOut.length > 0 &&
    ranges.length === Number(hasRange) + listed.length &&
    !context.fields.has("runtimeConfig");
  const subnets = handedOut.map(({ subnet }) => subnet);
  return checkRoutes(ipam, context, certain ? subnets : undefined, certain ? handedOut : undefined);
}

/** Whether each node has a slice of the range, of which nothing is left out but its own first and last address. */
function isSliced(ipam: Section): boolean {
  return (ipam.take("node_slice_size", text) ?? "") !== "";
}

/** An item of `ipRanges`. */
function readListed(
  fields: Section | undefined,
  path: Path,
  context: PluginContext,
  sliced: boolean,
): WhereaboutsRange | undefined {
  if (!fields) {
    context.report.missing([...path, "range"], "a network such as 192.168.1.0/24");
    return undefined;
  }
  const range = checkRange(fields, context, { inList: true, sliced });
  fields.warnOfMisspellings();
  fields.warnOfMisplaced(OF_ALL_RANGES, 'it belongs in "ipam", next to "ipRanges"');
  return range;
}

function checkOtherFields(ipam: Section): void {
  for (const name of OTHER_TEXTS) ipam.take(name, text);
  ipam.take("enable_overlapping_ranges", flag);
  for (const name of OTHER_NUMBERS) ipam.take(name, int);
  const kubernetes = ipam.take("kubernetes", section);
  for (const name of ["kubeconfig", "k8s_api_root"]) kubernetes?.take(name, text);
  checkDns(ipam);
}

/** What the first pod gets of a range. Of a node's slice that is not known. */
function firstOf(range: WhereaboutsRange, gateway: Address | undefined, sliced: boolean): HandedOut {
  const { network } = range;
  if (sliced) return { subnet: network, gateway };
  const address = { ...network.address, value: firstFree(range) };
  return { subnet: { ...network, address }, gateway, assigned: true };
}

/** Up to v0.5.4 (pkg/config) there are two, and what is neither is an error; later releases read no value of it. */
function checkDatastore(ipam: Section, { report }: PluginContext): void {
  const datastore = ipam.take("datastore", text) ?? "";
  if (datastore === "etcd")
    report.warn(
      ipam.at("datastore"),
      "IGNORED",
      'is etcd, which only whereabouts up to v0.5.4 uses: from v0.6 on, it keeps all addresses in Kubernetes (IPPools), and does not know those that are in etcd; use "kubernetes"',
    );
  else if (datastore !== "" && datastore !== "kubernetes")
    report.warn(
      ipam.at("datastore"),
      "IGNORED",
      `has no effect with whereabouts v0.6 or later, and earlier releases reject it; use "kubernetes" (it is ${show(datastore)})`,
    );
}

function readGateway(ipam: Section, { report }: PluginContext): Address | undefined {
  const word = ipam.take("gateway", text);
  if (!word) return undefined;
  const gateway = parseAddress(sloppy(word));
  if (!gateway)
    report.error(ipam.at("gateway"), "BAD_ADDRESS", `must be an IP address (it is ${show(word)})`, {
      value: show(word),
    });
  return gateway && unmapped(gateway);
}

/** whereabouts keeps the addresses of a network in one pool, in which a pod's interface has one address (AssignIP). */
function checkNetworks(ranges: readonly WhereaboutsRange[], { report }: PluginContext): void {
  const seen = new Set<string>();
  for (const { fields, network } of ranges) {
    const key = `${network.address.family} ${network.first} ${network.prefix}`;
    if (seen.has(key))
      report.error(
        fields.at("range"),
        "OVERLAP",
        "is in the same network as another range: whereabouts allocates one address per network, the same one again for the second range, and the kernel rejects it",
      );
    seen.add(key);
  }
}

/** It does not spare the gateway, unlike host-local. */
function checkGateway(
  gateway: Address,
  ranges: readonly WhereaboutsRange[],
  ipam: Section,
  { report }: PluginContext,
): void {
  const range = ranges.find((one) => handsOut(one, gateway));
  if (!range) return;
  const word = ipam.take("gateway", text) ?? "";
  report.warn(
    ipam.at("gateway"),
    "GATEWAY_HANDED_OUT",
    `is allocated to a pod like any other address of the range; add "exclude": ["${word}/${gateway.family === 4 ? 32 : 128}"]${gateway.value === range.first ? ", or start the range after it" : ""}`,
  );
}

function checkTwice(addresses: readonly HandedOut[], ipam: Section, { report }: PluginContext): void {
  const seen = new Set<string>();
  for (const { subnet } of addresses) {
    const key = `${subnet.address.family} ${subnet.address.value} ${subnet.prefix}`;
    if (seen.has(key))
      report.error(
        ipam.path,
        "DUPLICATE_ADDRESS",
        "assigns a duplicate address, and the kernel rejects the second",
      );
    seen.add(key);
  }
}

function checkAddresses(ipam: Section, { report }: PluginContext): HandedOut[] {
  return (ipam.take("addresses", list(section)) ?? []).flatMap((item, i): HandedOut[] => {
    const given = item?.take("address", text);
    const gateway = item?.take("gateway", address);
    const subnet = given === undefined ? undefined : parseCidr(sloppy(given));
    if (subnet) return [{ subnet, gateway, assigned: true }];
    if (given === undefined && !item?.has("address"))
      report.missing([...ipam.at("addresses"), i, "address"], "such as 192.168.1.5/24");
    else
      report.error(
        item?.at("address") ?? ipam.at("addresses"),
        "BAD_CIDR",
        `must be an address with a prefix length, such as 192.168.1.5/24 (it is ${show(given)})`,
      );
    return [];
  });
}

/** What a pod requests comes as CNI_ARGS, and is added to the addresses of the ranges (handleEnvArgs). */
function requestedAddresses(ipam: Section, { report, request }: PluginContext): HandedOut[] {
  return (request?.ips ?? []).flatMap((ip): HandedOut[] => {
    const subnet = parseCidr(sloppy(ip));
    if (subnet) return [{ subnet, gateway: undefined, assigned: true }];
    report.error(ipam.path, "BAD_IP", `requires addresses with a prefix length: ${ip}/24, not ${show(ip)}`);
    return [];
  });
}
