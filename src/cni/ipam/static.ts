import { type Address, type Cidr, parseCidr } from "../address.ts";
import { cniArgs } from "../args.ts";
import { type HandedOut, isAtLeast, type Layer3, type PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { type Path, show } from "../finding.ts";
import { address, cidr, list, section, text, texts } from "../kinds.ts";
import type { Report } from "../report.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** containernetworking/plugins, plugins/ipam/static/main.go. */
export function checkStatic(ipam: Section, context: PluginContext): Layer3 | undefined {
  const { report } = context;
  const configured = (ipam.take("addresses", list(section)) ?? []).map((fields, i) =>
    readAddress(fields, [...ipam.at("addresses"), i], context),
  );
  const own = configured.filter((one) => one !== undefined);
  const fixed = argsAddresses(context);
  const requested = requestedAddresses(ipam, context);
  // The later replace the earlier; but what comes as CNI_ARGS is added to "addresses" (LoadIPAMConfig).
  const replacing = (context.capabilities.has("ips") ? requested : undefined) ?? fixed;
  const given = replacing ?? [...own, ...(requested ?? [])];
  checkTwice(given, report);
  if (context.type === "ptp" && (replacing ?? requested ?? []).length > 0)
    report.error(
      ipam.at("type"),
      "CONTRADICTION",
      '"static" gives addresses of pods or of "args" without a gateway, and "ptp" routes over it',
    );
  const fromRuntime = context.fields.has("runtimeConfig");
  if (given.length === 0 && configured.length === 0 && context.request && !requested && !fromRuntime)
    report.error(
      ipam.path,
      "MISSING_IPS",
      'gives only the addresses that a pod requests in "ips", and this pod requests none',
    );
  const handedOut = given.map(({ block, gateway }) => ({
    subnet: asIpv4(block),
    gateway,
    assigned: true,
  }));
  checkCount(handedOut, ipam, context);
  const allRead = replacing !== undefined || own.length === configured.length;
  const certain = allRead && !fromRuntime && isCertain(handedOut, context);
  const subnets = handedOut.map(({ subnet }) => subnet);
  const layer3 = checkRoutes(ipam, context, certain ? subnets : undefined, certain ? handedOut : undefined);
  checkDns(ipam);
  return layer3;
}

/** An item of `addresses`; undefined if its address cannot be read. */
function readAddress(fields: Section | undefined, path: Path, context: PluginContext): Given | undefined {
  const { report } = context;
  const at = [...path, "address"];
  if (!fields) {
    report.missing(at, "such as 10.0.0.5/24");
    return undefined;
  }
  const block = fields.take("address", cidr);
  const gateway = fields.take("gateway", address);
  fields.take("version", text);
  fields.warnOfMisspellings();
  fields.warnOfMisplaced(["routes", "dns"], 'it belongs in "ipam", next to "addresses"');
  // Go's struct has a second field of that name, for the address when it is read.
  if (typeof fields.exactly("Address") === "string")
    report.error([...path, "Address"], "UNKNOWN_FIELD", 'must be spelled "address"', {
      suggestion: "address",
    });
  if (!fields.has("address")) report.missing(at, "such as 10.0.0.5/24");
  // ptp routes the whole subnet over the gateway, and without one asks the kernel for an address "nil/32".
  if (context.type === "ptp" && block && !fields.has("gateway"))
    report.missing([...path, "gateway"], '"ptp" routes over it');
  return block && { block, gateway, path: at };
}

function checkTwice(given: readonly Given[], report: Report): void {
  const seen = new Set<string>();
  for (const { block, path } of given) {
    const key = `${block.address.family} ${block.address.value} ${block.prefix}`;
    if (seen.has(key))
      report.error(path, "DUPLICATE_ADDRESS", "is a duplicate, and the kernel rejects the second");
    seen.add(key);
  }
}

function checkCount(
  handedOut: readonly HandedOut[],
  ipam: Section,
  { report, cniVersion }: PluginContext,
): void {
  if (isAtLeast(cniVersion, "0.3.0")) return;
  for (const family of [4, 6])
    if (handedOut.filter(({ subnet }) => subnet.address.family === family).length > 1)
      report.error(
        ipam.at("addresses"),
        "VERSION_TOO_LOW",
        `has more than one address for IPv${family}, which requires cniVersion 0.3.0 or later`,
      );
}

/** Whether a pod gets these addresses and no others: with the capability, or without any here, they come from pods. */
function isCertain(handedOut: readonly HandedOut[], { request, capabilities }: PluginContext): boolean {
  if (request === undefined && capabilities.has("ips")) return false;
  return (
    handedOut.length > 0 && !handedOut.some(({ subnet }) => subnet.mapped && subnet.address.family === 6)
  );
}

interface Given {
  block: Cidr;
  gateway: Address | undefined;
  path: Path;
}

/** `args.cni.ips`, which replace `addresses`; undefined if there are none. */
function argsAddresses({ fields, report }: PluginContext): Given[] | undefined {
  const args = cniArgs(fields);
  const ips = args?.take("ips", texts) ?? [];
  if (!args || ips.length === 0) return undefined;
  return ips.flatMap((ip, i) => {
    const path = [...args.at("ips"), i];
    const block = parseCidr(ip ?? "");
    if (block) return [{ block, gateway: undefined, path }];
    report.error(
      path,
      "BAD_CIDR",
      `must be an address with a prefix length, such as 10.0.0.5/24 (it is ${show(ip)})`,
    );
    return [];
  });
}

/** What the pod requests; undefined if it requests nothing. */
function requestedAddresses(ipam: Section, { report, request }: PluginContext): Given[] | undefined {
  if (!request?.ips || request.ips.length === 0) return undefined;
  return request.ips.flatMap((ip) => {
    const block = parseCidr(ip);
    if (block) return [{ block, gateway: undefined, path: ipam.path }];
    report.error(ipam.path, "BAD_IP", `requires addresses with a prefix length: ${ip}/24, not ${show(ip)}`);
    return [];
  });
}

/** ::ffff:10.0.0.5/120 goes through the result as 10.0.0.5/24. */
function asIpv4(block: Cidr): Cidr {
  if (!block.mapped || block.prefix < 96) return block;
  const low = (value: bigint) => value & 0xffffffffn;
  return {
    address: { family: 4, value: low(block.address.value) },
    prefix: block.prefix - 96,
    first: low(block.first),
    last: low(block.last),
    mapped: true,
  };
}
