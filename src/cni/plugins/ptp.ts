import type { Address, Cidr } from "../address.ts";
import type { PluginCheck } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { isBroadcast } from "../ipam/routes.ts";
import { flag, vethMtu } from "../kinds.ts";
import { ipMasqBackend } from "./masquerade.ts";

/** containernetworking/plugins, plugins/main/ptp/ptp.go. */
export const ptp: PluginCheck = (context) => {
  const { fields } = context;
  ipMasqBackend(fields, fields.take("ipMasq", flag) === true);
  const mtu = fields.take("mtu", vethMtu);
  const layer3 = checkIpam(context, "required");
  checkMtuOfIpv6(context, mtu, layer3);
  // Its own routes, to the gateway and over it to the subnet, come after the IPAM's.
  for (const { fields: route, dst, priority, table } of layer3?.routes ?? [])
    if (
      priority === 0 &&
      table === 0 &&
      layer3?.addresses.some(({ subnet, gateway }) => isSame(dst, subnet) || isHost(dst, gateway))
    )
      context.report.error(
        route.at("dst"),
        "DUPLICATE_ROUTE",
        'is a route that "ptp" adds automatically, and the kernel rejects the second',
      );
  // It routes the whole subnet over the gateway.
  for (const { gateway, subnet } of layer3?.addresses ?? [])
    if (gateway && (isBroadcast(gateway, subnet) || gateway.family !== subnet.address.family))
      context.report.error(
        fields.at("ipam"),
        "UNREACHABLE_GATEWAY",
        `has a gateway that is ${gateway.family === subnet.address.family ? "a broadcast address" : "of another family"}, and the kernel rejects a route over it`,
      );
};

function isSame(a: Cidr, b: Cidr): boolean {
  return a.address.family === b.address.family && a.first === b.first && a.prefix === b.prefix;
}

function isHost({ address, first, prefix }: Cidr, host: Address | undefined): boolean {
  return host?.family === address.family && host.value === first && prefix === (host.family === 4 ? 32 : 128);
}
