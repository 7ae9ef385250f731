/** As a Service's spec.ipFamilies names them. */
export type IpFamily = "IPv4" | "IPv6";

/** The addresses that a cluster has of one family; the slot keeps clusters on one machine apart. */
interface Addressing {
  /** Bits of the network that nodes and machine share. */
  prefix: number;
  machine(slot: number): string;
  node(slot: number, number: number): string;
  /** The node's part of the pods' network. */
  pods(slot: number, number: number): string;
  services: string;
  /** All addresses, for a default route. */
  everything: string;
  forwarding: string;
  /** Duplicate address detection takes seconds, and finds none here. */
  addressFlags: string;
  iptables: "iptables" | "ip6tables";
}

export const ADDRESSING: Record<IpFamily, Addressing> = {
  IPv4: {
    prefix: 24,
    machine: (slot) => `172.30.${slot}.1`,
    node: (slot, number) => `172.30.${slot}.${10 + number}`,
    pods: (slot, number) => `10.${100 + slot}.${number}.0/24`,
    services: "10.96.0.0/16",
    everything: "0.0.0.0/0",
    forwarding: "net.ipv4.ip_forward",
    addressFlags: "",
    iptables: "iptables",
  },
  IPv6: {
    prefix: 64,
    machine: (slot) => `fd6d:6f:${slot}::1`,
    node: (slot, number) => `fd6d:6f:${slot}::${10 + number}`,
    pods: (slot, number) => `fd6d:6f:${slot}:${number}::/64`,
    services: "fd6d:6f:ffff::/112",
    everything: "::/0",
    forwarding: "net.ipv6.conf.all.forwarding",
    addressFlags: "nodad",
    iptables: "ip6tables",
  },
};

export function familyOf(address: string): IpFamily {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** An address as a URL has it: IPv6 in brackets. */
export function urlHost(address: string): string {
  return familyOf(address) === "IPv6" ? `[${address}]` : address;
}

/** The first usable address of a service range, or of the first of two: the API server's own service. */
export function firstAddress(cidrs: string): string {
  const [network = ""] = (cidrs.split(",")[0] ?? "").split("/");
  return familyOf(network) === "IPv6" ? `${network}1` : network.replace(/\d+$/, "1");
}
