import { show } from "../../cni/finding.ts";
import { isObject } from "../../cni/section.ts";
import { keyOf, type NetworkRequest } from "../pod-request/request.ts";
import type { RequestProblem } from "./request-problems.ts";

/**
 * Networks that need a device of a device plugin, more than the pod's containers request: Multus has none left
 * for the last ("VF pci addr is required"). A webhook such as network-resources-injector may add them.
 *
 * @param resourceOf the annotation k8s.v1.cni.cncf.io/resourceName of a NAD ("namespace/name"), if it is known
 */
export function missingDevices(
  requests: readonly NetworkRequest[],
  spec: unknown,
  resourceOf: (key: string) => string | undefined,
): RequestProblem[] {
  const needed = new Map<string, NetworkRequest[]>();
  for (const request of requests.slice(0, 64)) {
    const resource = resourceOf(keyOf(request));
    if (!resource || request.deviceId !== undefined) continue;
    needed.set(resource, [...(needed.get(resource) ?? []), request]);
  }
  return [...needed].flatMap(([resource, of]): RequestProblem[] => {
    const available = devicesOf(spec, resource);
    if (available === undefined || available >= of.length) return [];
    const keys = [...new Set(of.map(keyOf))].slice(0, 4).map(show).join(", ");
    return [
      {
        severity: "warning",
        code: "MISSING_DEVICE",
        message: `requires ${of.length} of ${show(resource)} for ${keys}, but the containers request ${available}: add it to "resources", unless a webhook such as network-resources-injector does`,
      },
    ];
  });
}

/** How many of the resource the containers request together; undefined if it cannot be read, or a DRA driver may give them. */
function devicesOf(spec: unknown, resource: string): number | undefined {
  if (!isObject(spec)) return undefined;
  if (Array.isArray(spec.resourceClaims) && spec.resourceClaims.length > 0) return undefined;
  const containers = [spec.containers, spec.initContainers].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  const amounts = containers.map((container) => {
    const resources = isObject(container) && isObject(container.resources) ? container.resources : {};
    const { limits, requests } = resources;
    const amount = (isObject(limits) && limits[resource]) || (isObject(requests) && requests[resource]) || 0;
    return Number(amount);
  });
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return Number.isNaN(sum) ? undefined : sum;
}
