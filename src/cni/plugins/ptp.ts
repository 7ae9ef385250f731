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
  // It routes the whole subnet over the gateway.
  for (const { gateway, subnet } of layer3?.addresses ?? [])
    if (gateway && (isBroadcast(gateway, subnet) || gateway.family !== subnet.address.family))
      context.report.error(
        fields.at("ipam"),
        "UNREACHABLE_GATEWAY",
        `has a gateway that is ${gateway.family === subnet.address.family ? "a broadcast address" : "of another family"}, and the kernel refuses a route over it`,
      );
};
