import type { Address, Cidr } from "../address.ts";
import { isAtLeast, type PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { address, cidr, list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** containernetworking/plugins, plugins/ipam/static/main.go. */
export function checkStatic(ipam: Section, context: PluginContext): void {
  const { report } = context;
  const addresses = ipam.take("addresses", list(section)) ?? [];
  const subnets: Cidr[] = [];
  const gateways: (Address | undefined)[] = [];
  let mapped = false;
  const seen = new Set<string>();
  for (const [i, fields] of addresses.entries()) {
    const path = [...ipam.at("addresses"), i];
    const block = fields?.take("address", cidr);
    gateways.push(fields?.take("gateway", address));
    fields?.take("version", text);
    fields?.warnOfMisspellings();
    if (!fields?.has("address")) report.error(path, "MISSING_FIELD", 'needs "address", such as 10.0.0.5/24');
    // ptp routes the whole subnet over the gateway, and without one asks the kernel for an address "nil/32".
    if (context.type === "ptp" && block && !fields?.has("gateway"))
      report.error(path, "MISSING_FIELD", 'needs "gateway", since "ptp" routes over it');
    if (!block) continue;
    subnets.push(block);
    mapped ||= block.mapped;
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
      subnets.filter((s) => s.address.family === family).length > 1 &&
      !isAtLeast(context.cniVersion, "0.3.0")
    )
      report.error(
        ipam.at("addresses"),
        "VERSION_TOO_LOW",
        `has more than one address for IPv${family}, which needs cniVersion 0.3.0 or later`,
      );
  checkRoutes(ipam, context, fromRequest || mapped ? [] : subnets, gateways);
  checkDns(ipam);
}
