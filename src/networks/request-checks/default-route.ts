import { parseAddress, unmapped } from "../../cni/address.ts";
import { compareReleases } from "../../crds/multus-install/release.ts";
import { DEFAULT_NETWORK } from "../pod-request/default-network.ts";
import type { NetworkRequest } from "../pod-request/request.ts";
import type { RequestProblem } from "./request-problems.ts";

/** Later releases keep the route that there is (SetDefaultGW of pkg/netutils: "Route already exists, ignoring"). */
const KEEPS_FIRST = "v4.2.2";

/**
 * A pod has one default route of each family, whichever of its networks brings it, also the one in the place of the
 * cluster's own: Multus from v3.9 on rejects a second ("multus does not support ECMP for default-route",
 * types.CheckGatewayConfig); earlier ones set both, and the kernel rejects the second. Undefined where the requests agree
 * with that.
 * @param first what the pod requests in the place of the cluster's own network, if that can be read
 */
export function gatewayProblem(
  requests: readonly NetworkRequest[],
  first?: NetworkRequest,
): RequestProblem | undefined {
  const family = secondFamily(first ? [first, ...requests] : requests);
  if (family === undefined) return undefined;
  const together =
    secondFamily(requests) === undefined && secondFamily(first ? [first] : []) === undefined
      ? `, together with that of ${DEFAULT_NETWORK}`
      : "";
  return {
    severity: "error",
    code: "SECOND_DEFAULT_ROUTE",
    message: `has more than one IPv${family} gateway in "default-route"${together}: Multus sets one default route per address family`,
  };
}

/**
 * The same of a pod with v1.multus-cni.io/default-network and without any further network, whose gateways Multus does not
 * count (TryLoadPodDelegates).
 * @param version of the Multus that runs, if it is known
 */
export function gatewayProblemOfDefault(
  first: NetworkRequest,
  version: string | undefined,
): RequestProblem | undefined {
  const family = secondFamily([first]);
  if (family === undefined) return undefined;
  const fails = version !== undefined && compareReleases(version, KEEPS_FIRST) < 0;
  const result = fails
    ? `with Multus ${version}, the kernel rejects the second`
    : `Multus sets the first only${version === undefined ? `, and before ${KEEPS_FIRST} the pod does not start` : ""}`;
  return {
    severity: fails ? "error" : "warning",
    code: "SECOND_DEFAULT_ROUTE",
    message: `has more than one IPv${family} gateway in "default-route": ${result}`,
  };
}

function secondFamily(requests: readonly NetworkRequest[]): 4 | 6 | undefined {
  const families = requests
    .flatMap(({ defaultRoute = [] }) => defaultRoute)
    .map((gateway) => {
      const address = parseAddress(gateway);
      return address && unmapped(address).family === 4 ? 4 : 6; // Go takes "" for IPv6
    });
  return ([4, 6] as const).find((family) => families.filter((found) => found === family).length > 1);
}
