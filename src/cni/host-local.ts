import { type Cidr, contains, parseAddress, parseCidr } from "./address.ts";
import type { Finding } from "./finding.ts";

/** The text by which canal and kube-router ask for the node's own pod CIDR; the runtime or plugin fills it in. */
const POD_CIDR = "usePodCidr";

/**
 * host-local's ranges (containernetworking/plugins, ipam/host-local/backend/allocator/range.go): each subnet
 * a network of at least four addresses, start, end and gateway addresses, start and end inside of it.
 */
export function checkHostLocal(ipam: Record<string, unknown>, path: string): Finding[] {
  const single = ipam.subnet === undefined ? [] : checkRange(ipam, path);
  const sets = Array.isArray(ipam.ranges) ? ipam.ranges : [];
  return [
    ...single,
    ...sets.flatMap((set: unknown, i) =>
      Array.isArray(set)
        ? set.flatMap((range: unknown, j) =>
            isObject(range) ? checkRange(range, `${path}.ranges[${i}][${j}]`) : [],
          )
        : [],
    ),
  ];
}

function checkRange(range: Record<string, unknown>, path: string): Finding[] {
  const text = range.subnet;
  if (text === POD_CIDR) return [];
  const subnet = typeof text === "string" ? parseCidr(text) : undefined;
  if (!subnet)
    return [
      error(
        `${path}.subnet`,
        "BAD_CIDR",
        `must be a network such as 192.168.1.0/24 (it is ${JSON.stringify(text)})`,
      ),
    ];
  return [
    ...checkSubnet(subnet, String(text), path),
    ...["rangeStart", "rangeEnd"].flatMap((end) =>
      checkEnd(range[end], subnet, String(text), `${path}.${end}`),
    ),
    ...checkGateway(range.gateway, `${path}.gateway`),
  ];
}

function checkSubnet(subnet: Cidr, text: string, path: string): Finding[] {
  if (subnet.first !== subnet.address.value)
    return [error(`${path}.subnet`, "HOST_BITS", `has host bits set (${text})`)];
  const longest = subnet.address.family === 4 ? 30 : 126;
  if (subnet.prefix > longest)
    return [
      error(
        `${path}.subnet`,
        "TOO_SMALL",
        `is too small to hand out addresses from: /${longest} at most (it is ${text})`,
      ),
    ];
  return [];
}

function checkEnd(value: unknown, subnet: Cidr, text: string, path: string): Finding[] {
  if (value === undefined) return [];
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  if (!address) return [error(path, "BAD_ADDRESS", `must be an IP address (it is ${JSON.stringify(value)})`)];
  if (!contains(subnet, address)) return [error(path, "OUTSIDE_SUBNET", `${value} is not in ${text}`)];
  return [];
}

function checkGateway(value: unknown, path: string): Finding[] {
  if (value === undefined || (typeof value === "string" && parseAddress(value))) return [];
  return [error(path, "BAD_ADDRESS", `must be an IP address (it is ${JSON.stringify(value)})`)];
}

function error(path: string, code: string, message: string): Finding {
  return { path, severity: "error", code, message };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
