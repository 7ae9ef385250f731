import { BlockList, isIP } from "node:net";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy by which kubectl would reach this server if the kubeconfig names none: HTTPS_PROXY, or HTTP_PROXY for http://,
 * unless NO_PROXY names the server; undefined for none. As Go's golang.org/x/net/http/httpproxy reads them.
 */
export function proxyFromEnvironment(server: string, environment: Environment): string | undefined {
  const url = new URL(server);
  const of = (name: string) => environment[name] || environment[name.toLowerCase()] || "";
  const proxy = of(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === "" || isExempt(url, of("NO_PROXY"))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function isExempt({ protocol, hostname, port }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const ownPort = port || (protocol === "https:" ? "443" : "80");
  if (host === "localhost" || has(LOOPBACK, host)) return true;
  return noProxy
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .some((entry) => entry === "*" || (entry !== "" && names(entry, host, ownPort)));
}

/** Whether an entry of NO_PROXY names this host: an address, a CIDR or a domain, the first and the last with a port or not. */
function names(entry: string, host: string, port: string): boolean {
  const [, network = "", bits] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(network) !== 0) return isIn(host, network, Number(bits));
  const [, bracketed, plain, wanted] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  const name = bracketed ?? plain ?? entry;
  if (isIP(name) !== 0) return isIn(host, name, isIP(name) === 4 ? 32 : 128);
  const domain = name.replace(/^\*?\./, "");
  return host.endsWith(`.${domain}`) || (domain === name && host === domain);
}

function isIn(host: string, network: string, bits: number): boolean {
  const list = new BlockList();
  const family = isIP(network) === 4 ? "ipv4" : "ipv6";
  if (bits > (family === "ipv4" ? 32 : 128)) return false;
  list.addSubnet(network, bits, family);
  return has(list, host);
}

function has(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}
