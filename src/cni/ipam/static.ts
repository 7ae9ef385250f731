import type { Cidr } from "../address.ts";
import { type HandedOut, isAtLeast, type Layer3, type PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { address, cidr, list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** containernetworking/plugins, plugins/ipam/static/main.go. */
export function checkStatic(ipam: Section, context: PluginContext): Layer3 | undefined {
  const { report } = context;
  const addresses = ipam.take("addresses", list(section)) ?? [];
  const handedOut: HandedOut[] = [];
  const seen = new Set<string>();
  for (const [i, fields] of addresses.entries()) {
    const path = [...ipam.at("addresses"), i];
    const block = fields?.take("address", cidr);
    const gateway = fields?.take("gateway", address);
    fields?.take("version", text);
    fields?.warnOfMisspellings();
    // Go's struct has a second field of that name, for the address when it is read.
    if (typeof fields?.exactly("Address") === "string")
      report.error([...path, "Address"], "UNKNOWN_FIELD", 'must be spelt "address"', {
        suggestion: "address",
      });
    if (!fields?.has("address")) report.error(path, "MISSING_FIELD", 'needs "address", such as 10.0.0.5/24');
    // ptp routes the whole subnet over the gateway, and without one asks the kernel for an address "nil/32".
    if (context.type === "ptp" && block && !fields?.has("gateway"))
      report.error(path, "MISSING_FIELD", 'needs "gateway", since "ptp" routes over it');
    if (!block) continue;
    handedOut.push({ subnet: asIpv4(block), gateway });
    const key = `${block.address.family} ${block.address.value} ${block.prefix}`;
    if (seen.has(key))
      report.error(
        [...path, "address"],
        "DUPLICATE_ADDRESS",
        "is given twice, and the kernel refuses the second",
      );
    seen.add(key);
  }
  const fromRequest =
    context.capabilities.has("ips") || context.fields.has("args") || context.fields.has("runtimeConfig");
  if (addresses.length === 0 && !fromRequest)
    report.error(
      ipam.path,
      "MISSING_FIELD",
      'needs "addresses", or the capability "ips" for addresses that pods ask for',
    );
  for (const family of [4, 6])
    if (
      handedOut.filter(({ subnet }) => subnet.address.family === family).length > 1 &&
      !isAtLeast(context.cniVersion, "0.3.0")
    )
      report.error(
        ipam.at("addresses"),
        "VERSION_TOO_LOW",
        `has more than one address for IPv${family}, which needs cniVersion 0.3.0 or later`,
      );
  const certain =
    !fromRequest &&
    handedOut.length === addresses.length &&
    !handedOut.some(({ subnet }) => subnet.mapped && subnet.address.family === 6);
  const subnets = handedOut.map(({ subnet }) => subnet);
  const layer3 = checkRoutes(ipam, context, certain ? subnets : undefined, certain ? handedOut : undefined);
  checkDns(ipam);
  return layer3;
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
