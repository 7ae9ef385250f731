/** Configurations as people write them, `count` of them, the same each time: one in eight has a fault. */
export function ordinaryConfigs(count: number): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(config(i)));
}

function config(i: number): object {
  const subnet = `10.${(i >> 8) & 255}.${i & 255}.0/24`;
  const hostLocal = {
    type: "host-local",
    subnet,
    rangeStart: subnet.replace("0/24", "10"),
    rangeEnd: subnet.replace("0/24", "200"),
    gateway: subnet.replace("0/24", "1"),
    routes: [{ dst: "10.200.0.0/16" }],
  };
  const head = { cniVersion: "0.3.1", name: `net-${i}` };
  switch (i % 8) {
    case 0:
      return { ...head, type: "macvlan", master: "eth0", mode: "bridge", ipam: hostLocal };
    case 1:
      return {
        ...head,
        type: "ipvlan",
        master: "eth0",
        mode: "l2",
        ipam: { type: "whereabouts", range: subnet },
      };
    case 2:
      return {
        cniVersion: "1.0.0",
        name: `net-${i}`,
        plugins: [
          { type: "bridge", bridge: "br1", isGateway: true, ipam: hostLocal, capabilities: { ips: true } },
          { type: "tuning", sysctl: { "net.ipv4.conf.IFNAME.arp_filter": "1" }, mtu: 1400 },
          { type: "sbr" },
        ],
      };
    case 3:
      return { ...head, type: "sriov", vlan: 100, spoofchk: "off", trust: "on", ipam: { type: "dhcp" } };
    case 4:
      return { ...head, type: "ovs", bridge: "br-ext", vlan: 30, trunk: [{ minID: 100, maxID: 200 }] };
    case 5:
      return {
        ...head,
        type: "vlan",
        master: "eth1",
        vlanId: 5,
        ipam: { type: "static", addresses: [{ address: subnet.replace("0/24", "5/24") }] },
      };
    case 6:
      return {
        ...head,
        type: "host-device",
        device: "eth2",
        ipam: { type: "host-local", ranges: [[hostLocal], [{ subnet: `fd00:${i.toString(16)}::/64` }]] },
      };
    default:
      return { ...head, type: "macvlan", master: "eth0", mode: "brige", mtu: "1400", ipam: hostLocal };
  }
}
