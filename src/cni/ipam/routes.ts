import { type Address, type Cidr, contains } from "../address.ts";
import {
  type GivenRoute,
  type HandedOut,
  isAtLeast,
  type Layer3,
  movesRoutes,
  type PluginContext,
} from "../context.ts";
import { address, cidr, int, list, section } from "../kinds.ts";
import type { Section } from "../section.ts";

/** From RT_SCOPE_LINK on, a route is to what is on the link itself, and has no gateway. */
const SCOPE_LINK = 253;

/**
 * `routes` of an IPAM's configuration (cni/pkg/types, Route), as ConfigureIface hands them to the kernel.
 * `subnets` are where gateways can be reached, undefined where that is not known; `handedOut` are the
 * addresses with their gateways, undefined where they are not certain. Returns what the interface then gets.
 */
export function checkRoutes(
  ipam: Section,
  context: PluginContext,
  subnets: readonly Cidr[] | undefined,
  handedOut?: readonly HandedOut[],
): Layer3 | undefined {
  const routes = readRoutes(ipam, context).filter(({ dst }) => isPassedOn(dst.address.family));
  const own = handedOut && withGateways(handedOut, context);
  const reachable = (gateway: Address): boolean =>
    subnets === undefined ||
    // Each interface has the link-local network beside its own.
    (gateway.family === 6 && gateway.value >> 118n === 0x3fan) ||
    subnets.some((subnet) => contains(subnet, gateway));
  const isOwn = ({ family, value }: Address): boolean =>
    family === 6 &&
    (own?.some(
      ({ subnet: { address: at }, assigned }) => assigned && at.family === family && at.value === value,
    ) ??
      false);
  const seen = new Set<string>();
  for (const route of routes) checkRoute(route);
  if (own && context.gateway === "default") checkDefaultRoutes(own);
  if (!handedOut) return undefined;
  const families = [...handedOut.map(({ subnet }) => subnet), ...routes.map(({ dst }) => dst)].map(
    ({ address: { family } }) => family,
  );
  return { addresses: handedOut, routes, ipv6: families.includes(6) };

  /** Results before 0.3.0 hold the routes beside the address of their family, if there is one (cni/pkg/types/020). */
  function isPassedOn(family: 4 | 6): boolean {
    if (!handedOut || isAtLeast(context.cniVersion, "0.3.0")) return true;
    return handedOut.some(({ subnet }) => subnet.address.family === family);
  }

  function checkRoute({ fields, dst, gw, priority, table, scope }: GivenRoute): void {
    const { report } = context;
    const family = dst.address.family;
    const path = fields.at("dst");
    // A route without a gateway goes over the first of its family that the IPAM gives.
    const over = gw ?? own?.find(({ gateway }) => gateway?.family === family)?.gateway;
    if (gw && gw.family !== family)
      report.error(
        fields.at("gw"),
        "UNREACHABLE_GATEWAY",
        `is of IPv${gw.family}, and the route is of IPv${family}`,
      );
    else if (gw && !reachable(gw))
      report.error(
        fields.at("gw"),
        "UNREACHABLE_GATEWAY",
        "is in no subnet of this network, and the kernel rejects a route over it",
      );
    else if (over && !reachable(over))
      report.error(
        path,
        "UNREACHABLE_GATEWAY",
        "goes over the gateway, which is in no subnet of this network",
      );
    else if (over && isOwn(over))
      report.error(
        path,
        "UNREACHABLE_GATEWAY",
        `goes over ${gw ? "an address" : "the gateway, an address"} that the pod itself gets, and the kernel rejects such a route of IPv6`,
      );
    else if (over && own?.some(({ subnet }) => isBroadcast(over, subnet)))
      report.error(path, "UNREACHABLE_GATEWAY", "goes over a gateway that is a broadcast address");
    else if (over && family === 4 && scope >= SCOPE_LINK)
      report.error(
        fields.at("scope"),
        "CONTRADICTION",
        `must be less than ${SCOPE_LINK} for a route that goes over a gateway`,
      );
    const key = [
      family,
      dst.first,
      dst.prefix,
      over?.value ?? "",
      priority,
      table,
      family === 4 ? scope : 0,
    ].join();
    if (seen.has(key))
      report.error(path, "DUPLICATE_ROUTE", "is a duplicate, and the kernel rejects the second");
    seen.add(key);
  }

  /** bridge's isDefaultGateway adds a default route for each family, unless a route with a gateway is one. */
  function checkDefaultRoutes(addresses: readonly HandedOut[]): void {
    const { report, fields } = context;
    for (const family of [4, 6] as const) {
      const first = addresses.find(({ subnet }) => subnet.address.family === family);
      const isDefault = ({ dst }: GivenRoute) => dst.address.family === family && dst.prefix === 0;
      if (!first?.gateway || routes.some((route) => isDefault(route) && route.gw)) continue;
      const path = fields.at("isDefaultGateway");
      if (!reachable(first.gateway))
        report.error(
          path,
          "UNREACHABLE_GATEWAY",
          "adds a default route over a gateway that is in no subnet of this network",
        );
      else if (isOwn(first.gateway))
        report.error(
          path,
          "UNREACHABLE_GATEWAY",
          "adds a default route over an address that the pod itself gets, and the kernel rejects such a route of IPv6",
        );
      else if (seen.has([family, 0n, 0, first.gateway.value, 0, 0, 0].join()))
        report.error(
          path,
          "DUPLICATE_ROUTE",
          "adds the default route that is already in the IPAM's routes, and the kernel rejects the second",
        );
    }
  }
}

function readRoutes(ipam: Section, { report, primary, cniVersion, after }: PluginContext): GivenRoute[] {
  return (ipam.take("routes", list(section)) ?? []).flatMap((fields, i): GivenRoute[] => {
    if (!fields) {
      report.error([...ipam.at("routes"), i], "WRONG_TYPE", "must be an object: the plugin crashes on null");
      return [];
    }
    const dst = fields.take("dst", cidr);
    const gw = fields.take("gw", address);
    for (const name of ["mtu", "advmss"]) fields.take(name, int);
    const [priority = 0, table = 0, scope = 0] = ["priority", "table", "scope"].map((name) =>
      fields.take(name, int),
    );
    fields.warnOfMisspellings();
    if (!fields.has("dst")) report.missing(fields.at("dst"), "a network such as 10.0.0.0/8");
    if (!dst) return [];
    if (dst.address.family === 4 && dst.first !== dst.address.value)
      report.error(
        fields.at("dst"),
        "HOST_BITS",
        "has host bits set, which the kernel rejects for an IPv4 route",
      );
    if (dst.prefix === 0 && !primary && !movesRoutes({ after }))
      report.warn(
        fields.at("dst"),
        "DEFAULT_ROUTE",
        "gives the pod a second default route, in addition to its primary network's",
      );
    // Results before 0.3.0 have no place for the rest (cni/pkg/types/020).
    if (!isAtLeast(cniVersion, "0.3.0")) return [{ fields, dst, gw, priority: 0, table: 0, scope: 0 }];
    return [{ fields, dst, gw, priority, table, scope }];
  });
}

/** bridge with isGateway takes the first address of the subnet for the gateway where the IPAM gives none (calcGateways). */
export function withGateways(
  addresses: readonly HandedOut[],
  { gateway }: PluginContext,
): readonly HandedOut[] {
  if (gateway === undefined) return addresses;
  return addresses.map((one) => ({
    ...one,
    gateway: one.gateway ?? { family: one.subnet.address.family, value: one.subnet.first + 1n },
  }));
}

export function isBroadcast({ family, value }: Address, { last, prefix }: Cidr): boolean {
  return family === 4 && value === last && prefix < 31;
}
