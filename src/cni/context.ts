import type { Address, Cidr } from "./address.ts";
import type { Report } from "./report.ts";
import type { Section } from "./section.ts";

/** An address that an IPAM will hand out, as far as the configuration shows: one of the subnet, and the gateway if there is one. */
export interface HandedOut {
  subnet: Cidr;
  gateway: Address | undefined;
  /** Whether `subnet.address` is the address itself, at least for the first pod. */
  assigned?: boolean;
}

export interface GivenRoute {
  fields: Section;
  dst: Cidr;
  gw: Address | undefined;
  priority: number;
  table: number;
  scope: number;
}

/** What an IPAM is sure to give an interface. */
export interface Layer3 {
  addresses: readonly HandedOut[];
  routes: readonly GivenRoute[];
  /** Whether the interface needs IPv6, for an address or a route. */
  ipv6: boolean;
}

/** What an earlier plugin of the list leaves to the later ones; undefined if the configuration does not show it. */
export interface PreviousPlugin {
  type: string;
  /** Whether the pod's interface has an address. */
  addresses: boolean | undefined;
  /** Whether it made a veth pair, whose end on the node can be limited. */
  veth: boolean | undefined;
  /** Whether the pod's interface is made. */
  interface: boolean | undefined;
}

/** What a pod requests of the network; Multus passes both as CNI_ARGS, with no capability needed (DelegateAdd). */
export interface PodRequest {
  ips?: readonly string[] | undefined;
  mac?: string | undefined;
}

/** What a plugin's rules see. */
export interface PluginContext {
  type: string;
  fields: Section;
  report: Report;
  /** The version that the plugin is called with; "0.1.0" where the configuration has none. */
  cniVersion: string;
  /** The plugins before this one in the list. */
  before: readonly PreviousPlugin[];
  /** The types of the plugins after this one in the list. */
  after: readonly string[];
  /** Of the pod that the network is checked for; undefined if it is checked for no pod in particular. */
  request: PodRequest | undefined;
  /** A cluster's own network rather than a further one: default routes are its job, the pod CIDR a node's. */
  primary: boolean;
  /** The NAD's annotation k8s.v1.cni.cncf.io/resourceName, by which a device comes at run time. */
  resourceName: string | undefined;
  /** bridge makes itself the gateway: it fills in gateways that the IPAM leaves out, or adds a default route too. */
  gateway?: "filled" | "default";
  /** The names of capabilities declared true: the pod's request may bring addresses, a device, a MAC. */
  capabilities: ReadonlySet<string>;
}

export type PluginCheck = (context: PluginContext) => void;

/** The versions that libcni 1.3 and the plugins 1.9 know (cni/pkg/version/version.go, All). */
export const CNI_VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

export function isAtLeast(version: string, other: string): boolean {
  return CNI_VERSIONS.indexOf(version) >= CNI_VERSIONS.indexOf(other);
}

/** Plugins that support only later versions reject the others at once (skel's version check). */
export function requireVersion({ cniVersion, report, type, fields }: PluginContext, least: string): void {
  if (CNI_VERSIONS.includes(cniVersion) && !isAtLeast(cniVersion, least))
    report.error(
      fields.at("type"),
      "VERSION_TOO_LOW",
      `"${type}" requires cniVersion ${least} or later (it is ${cniVersion})`,
    );
}

/** sbr and vrf move the routes of the interface out of the main table, where the primary network's default route is. */
export function movesRoutes({ after }: Pick<PluginContext, "after">): boolean {
  return after.includes("sbr") || after.includes("vrf");
}

/** portmap, vrf and others work on what an earlier plugin of the list made; alone they fail. */
export function requireChained({ before, report, type, fields }: PluginContext): void {
  if (before.length === 0)
    report.error(
      fields.at("type"),
      "NOT_CHAINED",
      `"${type}" works on the result of a previous plugin in the list, and none comes before it`,
    );
}
