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

/** What an interface has when its routes are added. */
interface Link {
  /** Where gateways can be reached; undefined if that is not known. */
  subnets: readonly Cidr[] | undefined;
  /** The addresses with their gateways; undefined if they are not certain. */
  addresses: readonly HandedOut[] | undefined;
}

/** What the kernel rejects of a route. */
interface RouteProblem {
  code: string;
  message: string;
}

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
  const routes = passedOn(readRoutes(ipam, context), handedOut, context);
  const link: Link = { subnets, addresses: handedOut && withGateways(handedOut, context) };
  const added = checkEach(routes, link, context);
  if (context.gateway === "default") checkDefaultRoutes(routes, link, added, context);
  if (!handedOut) return undefined;
  const families = [...handedOut.map(({ subnet }) => subnet), ...routes.map(({ dst }) => dst)].map(
    ({ address: { family } }) => family,
  );
  return { addresses: handedOut, routes, ipv6: families.includes(6) };
}

/** Results before 0.3.0 hold the routes beside the address of their family, if there is one (cni/pkg/types/020). */
function passedOn(
  routes: readonly GivenRoute[],
  handedOut: readonly HandedOut[] | undefined,
  { cniVersion }: PluginContext,
): readonly GivenRoute[] {
  if (!handedOut || isAtLeast(cniVersion, "0.3.0")) return routes;
  const families = handedOut.map(({ subnet }) => subnet.address.family);
  return routes.filter(({ dst }) => families.includes(dst.address.family));
}

function isReachable({ subnets }: Link, gateway: Address): boolean {
  // Each interface has the link-local network beside its own.
  const linkLocal = gateway.family === 6 && gateway.value >> 118n === 0x3fan;
  return subnets === undefined || linkLocal || subnets.some((subnet) => contains(subnet, gateway));
}

/** Whether an address of IPv6 is one that the pod itself gets. */
function isOwn({ addresses = [] }: Link, { family, value }: Address): boolean {
  if (family !== 6) return false;
  return addresses.some(
    ({ subnet: { address: own }, assigned }) => assigned && own.family === family && own.value === value,
  );
}

/** Reports what is wrong of each route by itself and with those before it. Returns their keys. */
function checkEach(
  routes: readonly GivenRoute[],
  link: Link,
  { report }: PluginContext,
): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const route of routes) {
    const { fields, dst, gw, scope } = route;
    const { family } = dst.address;
    // A route without a gateway goes over the first of its family that the IPAM gives.
    const over = gw ?? link.addresses?.find(({ gateway }) => gateway?.family === family)?.gateway;
    const problemOfGw = gw && problemOfGiven(gw, family, link);
    const problem = over && !problemOfGw ? problemOfRouteOver(over, gw !== undefined, link) : undefined;
    if (problemOfGw) report.error(fields.at("gw"), problemOfGw.code, problemOfGw.message);
    else if (problem) report.error(fields.at("dst"), problem.code, problem.message);
    else if (over && family === 4 && scope >= SCOPE_LINK)
      report.error(
        fields.at("scope"),
        "CONTRADICTION",
        `must be less than ${SCOPE_LINK} for a route that goes over a gateway`,
      );
    const key = keyOf(route, over);
    if (seen.has(key))
      report.error(fields.at("dst"), "DUPLICATE_ROUTE", "is a duplicate, and the kernel rejects the second");
    seen.add(key);
  }
  return seen;
}

/** By which the kernel takes two routes for one. */
function keyOf(
  { dst, priority, table, scope }: Omit<GivenRoute, "fields" | "gw">,
  over: Address | undefined,
): string {
  const { family } = dst.address;
  const gateway = over?.value ?? "";
  return [family, dst.first, dst.prefix, gateway, priority, table, family === 4 ? scope : 0].join();
}

/** `gw` of a route of this family. */
function problemOfGiven(gw: Address, family: 4 | 6, link: Link): RouteProblem | undefined {
  if (gw.family !== family) return unreachable(`is of IPv${gw.family}, and the route is of IPv${family}`);
  if (!isReachable(link, gw))
    return unreachable("is in no subnet of this network, and the kernel rejects a route over it");
  return undefined;
}

/** A route over a gateway, which is the route's own (`given`) or the IPAM's. */
function problemOfRouteOver(gateway: Address, given: boolean, link: Link): RouteProblem | undefined {
  if (!isReachable(link, gateway))
    return unreachable("goes over the gateway, which is in no subnet of this network");
  if (isOwn(link, gateway)) {
    const what = given ? "an address" : "the gateway, an address";
    return unreachable(
      `goes over ${what} that the pod itself gets, and the kernel rejects such a route of IPv6`,
    );
  }
  if (link.addresses?.some(({ subnet }) => isBroadcast(gateway, subnet)))
    return unreachable("goes over a gateway that is a broadcast address");
  return undefined;
}

function unreachable(message: string): RouteProblem {
  return { code: "UNREACHABLE_GATEWAY", message };
}

/** bridge's isDefaultGateway adds a default route for each family, unless a route with a gateway is one. `added` are the keys of the routes. */
function checkDefaultRoutes(
  routes: readonly GivenRoute[],
  link: Link,
  added: ReadonlySet<string>,
  { report, fields }: PluginContext,
): void {
  for (const family of [4, 6] as const) {
    const first = link.addresses?.find(({ subnet }) => subnet.address.family === family);
    const isDefault = ({ dst, gw }: GivenRoute) => dst.address.family === family && dst.prefix === 0 && gw;
    if (!first?.gateway || routes.some(isDefault)) continue;
    const problem = problemOfDefaultRoute(family, first.gateway, link, added);
    if (problem) report.error(fields.at("isDefaultGateway"), problem.code, problem.message);
  }
}

function problemOfDefaultRoute(
  family: 4 | 6,
  gateway: Address,
  link: Link,
  added: ReadonlySet<string>,
): RouteProblem | undefined {
  if (!isReachable(link, gateway))
    return unreachable("adds a default route over a gateway that is in no subnet of this network");
  if (isOwn(link, gateway))
    return unreachable(
      "adds a default route over an address that the pod itself gets, and the kernel rejects such a route of IPv6",
    );
  if (!added.has([family, 0n, 0, gateway.value, 0, 0, 0].join())) return undefined;
  const message =
    "adds the default route that is already in the IPAM's routes, and the kernel rejects the second";
  return { code: "DUPLICATE_ROUTE", message };
}

function readRoutes(ipam: Section, context: PluginContext): GivenRoute[] {
  const routes = (ipam.take("routes", list(section)) ?? []).map((fields, i) => {
    if (fields) return readRoute(fields, context);
    const path = [...ipam.at("routes"), i];
    context.report.error(path, "WRONG_TYPE", "must be an object: the plugin crashes on null");
    return undefined;
  });
  return routes.filter((route) => route !== undefined);
}

/** Undefined if its destination cannot be read. */
function readRoute(fields: Section, context: PluginContext): GivenRoute | undefined {
  const { report, primary, cniVersion } = context;
  const dst = fields.take("dst", cidr);
  const gw = fields.take("gw", address);
  for (const name of ["mtu", "advmss"]) fields.take(name, int);
  const [priority = 0, table = 0, scope = 0] = ["priority", "table", "scope"].map((name) =>
    fields.take(name, int),
  );
  fields.warnOfMisspellings();
  if (!fields.has("dst")) report.missing(fields.at("dst"), "a network such as 10.0.0.0/8");
  if (!dst) return undefined;
  if (dst.address.family === 4 && dst.first !== dst.address.value)
    report.error(
      fields.at("dst"),
      "HOST_BITS",
      "has host bits set, which the kernel rejects for an IPv4 route",
    );
  if (dst.prefix === 0 && !primary && !movesRoutes(context))
    report.warn(
      fields.at("dst"),
      "DEFAULT_ROUTE",
      "gives the pod a second default route, in addition to its primary network's",
    );
  // Results before 0.3.0 have no place for the rest (cni/pkg/types/020).
  if (!isAtLeast(cniVersion, "0.3.0")) return { fields, dst, gw, priority: 0, table: 0, scope: 0 };
  return { fields, dst, gw, priority, table, scope };
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
