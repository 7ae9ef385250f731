import { type Address, type Cidr, contains } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { address, cidr, int, list, section } from "../kinds.ts";
import type { Section } from "../section.ts";

/**
 * `routes` of an IPAM's configuration (cni/pkg/types, Route). The kernel refuses an IPv4 destination with
 * host bits and the same route twice; `subnets` are where a gateway can be reached.
 */
export function checkRoutes(
  ipam: Section,
  { report, primary }: PluginContext,
  subnets: readonly Cidr[],
  gateways: readonly (Address | undefined)[] = [],
): void {
  const seen = new Set<string>();
  for (const [i, route] of (ipam.take("routes", list(section)) ?? []).entries()) {
    if (!route) {
      report.error([...ipam.at("routes"), i], "WRONG_TYPE", "must be an object: the plugin crashes on null");
      continue;
    }
    const dst = route.take("dst", cidr);
    const gw = route.take("gw", address);
    const rest = ["mtu", "advmss", "priority", "table", "scope"].map((name) => route.take(name, int));
    route.warnOfMisspellings();
    if (!route.has("dst"))
      report.error(route.path, "MISSING_FIELD", 'needs "dst", a network such as 10.0.0.0/8');
    if (!dst) continue;
    const path = route.at("dst");
    if (dst.address.family === 4 && dst.first !== dst.address.value)
      report.error(path, "HOST_BITS", "has host bits set, which the kernel refuses for an IPv4 route");
    if (dst.prefix === 0 && !primary)
      report.warn(path, "DEFAULT_ROUTE", "gives the pod a second default route beside its primary network's");
    if (gw && subnets.length > 0 && !reachable(gw, subnets))
      report.error(
        route.at("gw"),
        "UNREACHABLE_GATEWAY",
        "is in no subnet of this network, and the kernel refuses a route over it",
      );
    // A route without a gateway goes over the first of its family that the IPAM gives (pkg/ipam, ConfigureIface).
    const own = gw ? undefined : gateways.find((gateway) => gateway?.family === dst.address.family);
    if (own && subnets.length > 0 && !reachable(own, subnets))
      report.error(
        path,
        "UNREACHABLE_GATEWAY",
        "goes over the gateway, which is in no subnet of this network",
      );
    const key = [
      dst.address.family,
      dst.first,
      dst.prefix,
      gw?.value ?? "",
      rest[2] ?? 0,
      rest[3] ?? "",
    ].join();
    if (seen.has(key))
      report.error(path, "DUPLICATE_ROUTE", "is given twice, and the kernel refuses the second");
    seen.add(key);
  }
}

function reachable(gateway: Address, subnets: readonly Cidr[]): boolean {
  return subnets.some((subnet) => contains(subnet, gateway));
}
