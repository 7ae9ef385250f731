import { parseAddress, unmapped } from "../../cni/address.ts";
import type { Problem } from "../pod-request/go-json.ts";
import type { NetworkRequest } from "../pod-request/request.ts";

/**
 * A pod has one default route of each family, whichever of its networks brings it: Multus from v3.9 on rejects a
 * second ("multus does not support ECMP for default-route", types.CheckGatewayConfig); earlier ones set both, and the
 * kernel rejects the second. Undefined where the requests agree with that.
 */
export function gatewayProblem(requests: readonly NetworkRequest[]): Problem | undefined {
  const families = requests
    .flatMap(({ defaultRoute = [] }) => defaultRoute)
    .map((gateway) => {
      const address = parseAddress(gateway);
      return address && unmapped(address).family === 4 ? 4 : 6; // Go takes "" for IPv6
    });
  const twice = ([4, 6] as const).find((family) => families.filter((found) => found === family).length > 1);
  if (twice === undefined) return undefined;
  return {
    code: "SECOND_DEFAULT_ROUTE",
    message: `has more than one IPv${twice} gateway in "default-route": Multus sets one default route per address family`,
  };
}
