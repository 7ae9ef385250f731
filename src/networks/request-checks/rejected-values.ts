import { parseAddress } from "../../cni/address.ts";
import { show } from "../../cni/finding.ts";
import { flag, mapOf } from "../../cni/kinds.ts";
import { tooSmall } from "../../cni/plugins/bandwidth.ts";
import type { Network, Plugin } from "../cross-checks/network.ts";
import type { Problem } from "../pod-request/go-json.ts";
import { type Bandwidth, keyOf, type NetworkRequest, type PortMapping } from "../pod-request/request.ts";

/** Port mappings that are looked at, and that are reported. */
const MAX_LOOKED_AT = 64;
const MAX_REPORTED = 4;

/**
 * Ports and limits that a pod requests, that Multus takes as they are, and that the plugin then rejects: the pod does
 * not start (containernetworking/plugins 1.9.1, plugins/meta/portmap and bandwidth). Of what reaches no plugin nothing
 * is said. The messages go on after the annotation's name.
 */
export function rejectedValues(request: NetworkRequest, { plugins }: Network): Problem[] {
  const { portMappings = [], bandwidth } = request;
  const key = show(keyOf(request));
  const ports = plugins.some((plugin) => plugin.type === "portmap" && declares(plugin, "portMappings"))
    ? portMappings.slice(0, MAX_LOOKED_AT).flatMap(faultOfPort).slice(0, MAX_REPORTED)
    : [];
  const limiting = plugins.filter((plugin) => plugin.type === "bandwidth" && declares(plugin, "bandwidth"));
  const takesThem = limiting.some((plugin) => !hasOwnLimits(plugin));
  const limits = bandwidth && limiting.length > 0 ? faultsOfLimits(bandwidth, takesThem) : [];
  return [
    ...ports.map((fault) => ({ code: "BAD_PORT", message: `requests "portMappings" of ${key}: ${fault}` })),
    ...limits.map((fault) => ({
      code: "BAD_BANDWIDTH",
      message: `requests "bandwidth" of ${key}: ${fault}`,
    })),
  ];
}

/** libcni gives a plugin what it declares itself (injectRuntimeConfig). */
function declares({ fields }: Plugin, capability: string): boolean {
  return fields.take("capabilities", mapOf(flag))?.get(capability) === true;
}

const LIMITS = ["ingressRate", "ingressBurst", "egressRate", "egressBurst"];

/** They take the place of the pod's (getBandwidth), which are read all the same (loadConf, into uint64). */
function hasOwnLimits({ fields }: Plugin): boolean {
  return LIMITS.some((name) => fields.has(name));
}

/** Those for which iptables knows `--dport`; it takes capital letters too, and numbers. */
const PROTOCOLS = ["tcp", "udp", "sctp", "dccp"];
const PROTOCOL_NUMBERS = [6, 17, 132, 33];

/** parseConfig of portmap, and the iptables that it runs with `-p protocol --dport hostPort -d hostIP` (fillDnatRules). */
function faultOfPort({ hostPort, containerPort, protocol = "", hostIp }: PortMapping): string[] {
  for (const [name, port] of Object.entries({ hostPort, containerPort }))
    if (port < 1 || port > 65535) return [`${name} must be from 1 to 65535 (it is ${port})`];
  if (hostIp !== undefined && parseAddress(hostIp) === undefined)
    return [
      `"hostIP" must be an IP address (it is ${show(hostIp)}): portmap drops the mapping for a pod with an IPv4 address, and fails for one with IPv6`,
    ];
  if (protocol === "") return ['"protocol" is required: "tcp", "udp" or "sctp"'];
  if (PROTOCOLS.includes(protocol.toLowerCase()) || hasPorts(protocol)) return [];
  return [`"protocol" must be "tcp", "udp" or "sctp" (it is ${show(protocol)})`];
}

function hasPorts(number: string): boolean {
  return /^\d{1,8}$/.test(number) && PROTOCOL_NUMBERS.includes(Number(number));
}

/** The first that is too large (validateRateAndBurst). */
const TOO_MANY_BITS = 8 * (2 ** 32 - 1);

/** @param takesThem whether the plugin uses the pod's limits, and not only reads them */
function faultsOfLimits(limits: Bandwidth, takesThem: boolean): string[] {
  return (["ingress", "egress"] as const).flatMap((direction) => {
    const [rate, burst] = [limits[`${direction}Rate`], limits[`${direction}Burst`]];
    if (rate < 0 || burst < 0) return [`${direction}Rate and ${direction}Burst must not be negative`];
    if (!takesThem) return [];
    if ((rate === 0) !== (burst === 0))
      return [`${direction}Rate and ${direction}Burst are required together (they are ${rate} and ${burst})`];
    if (burst >= TOO_MANY_BITS)
      return [`${direction}Burst must be less than ${TOO_MANY_BITS} (it is ${burst})`];
    const small = tooSmall(rate, burst);
    if (small)
      return [
        `${direction}${small.name} must be at least ${small.least} (${direction}Rate is ${rate}, ${direction}Burst ${burst})`,
      ];
    return [];
  });
}
