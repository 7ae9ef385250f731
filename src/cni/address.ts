import { isIP } from "node:net";

/** An IP address as a number, with its family. */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

export interface Cidr {
  address: Address;
  /** Length of the prefix in bits. */
  prefix: number;
  /** First and last address of the block. */
  first: bigint;
  last: bigint;
  /** An IPv4 address written as IPv6, ::ffff:10.0.0.0/120: plugins take its address for IPv4 and its mask for IPv6. */
  mapped: boolean;
}

/** Undefined if the text is not an IP address as Go's net.ParseIP reads it (no leading zeros, no zone). */
export function parseAddress(text: string): Address | undefined {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 4) return { family, value: fromGroups(text.split(".").map(Number), 8n) };
  if (family === 6) return { family, value: fromGroups(groupsOf(text), 16n) };
  return undefined;
}

/** An address as people write it; IPv6 with its longest run of zeros as "::" (RFC 5952). */
export function formatAddress(family: 4 | 6, value: bigint): string {
  const part = (bits: number, index: number) => (value >> BigInt(bits * index)) & ((1n << BigInt(bits)) - 1n);
  if (family === 4) return [3, 2, 1, 0].map((index) => part(8, index)).join(".");
  const groups = [7, 6, 5, 4, 3, 2, 1, 0].map((index) => part(16, index).toString(16)).join(":");
  const runs = groups.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.toSorted((a, b) => b.replace(/^:/, "").length - a.replace(/^:/, "").length)[0];
  if (longest === undefined) return groups;
  const at = groups.indexOf(longest);
  return `${groups.slice(0, at)}::${groups.slice(at + longest.length).replace(/^:/, "")}`;
}

/** Go's To4: an IPv4-mapped IPv6 address is an IPv4 address. */
export function unmapped(address: Address): Address {
  return isMapped(address) ? { family: 4, value: address.value & 0xffffffffn } : address;
}

/** Whether what was requested, with or without a prefix length, is the address that was got, in any notation. */
export function sameAddress(requested: string, got: string): boolean {
  const [a, b] = [requested.split("/")[0] ?? "", got].map((text) => parseAddress(text));
  if (!a || !b) return false;
  const [left, right] = [unmapped(a), unmapped(b)];
  return left.family === right.family && left.value === right.value;
}

function isMapped({ family, value }: Address): boolean {
  return family === 6 && value >> 32n === 0xffffn;
}

/** Undefined if the text is not a CIDR block, such as 192.168.1.0/24, as Go's net.ParseCIDR reads it: host bits may be set, the length may begin with zeros. */
export function parseCidr(text: string): Cidr | undefined {
  const [ip = "", length = "", ...rest] = text.split("/");
  const address = parseAddress(ip);
  if (!address || rest.length > 0 || !/^0*[0-9]{1,3}$/.test(length)) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  const prefix = Number(length);
  if (prefix > bits) return undefined;
  const hosts = (1n << BigInt(bits - prefix)) - 1n;
  const first = address.value & ~hosts;
  return { address, prefix, first, last: first | hosts, mapped: isMapped(address) };
}

export function contains(cidr: Cidr, address: Address): boolean {
  return cidr.address.family === address.family && address.value >= cidr.first && address.value <= cidr.last;
}

/** The eight groups of an IPv6 address, "::" filled in, a dotted IPv4 tail read as two groups. */
function groupsOf(text: string): number[] {
  const plain = text.replace(/(\d+\.){3}\d+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
    return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
  });
  const [head = "", rest] = plain.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  if (rest === undefined) return groups(head);
  const [left, right] = [groups(head), groups(rest)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function fromGroups(groups: readonly number[], bits: bigint): bigint {
  return groups.reduce((value, group) => (value << bits) | BigInt(group), 0n);
}
