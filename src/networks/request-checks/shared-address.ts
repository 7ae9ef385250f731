import { show } from "../../cni/finding.ts";
import { keyOf, type NetworkRequest } from "../pod-request/request.ts";
import type { PodCount } from "./pod-count.ts";
import type { RequestProblem } from "./request-problems.ts";

/** A template whose pods all request one address: the second cannot get it, or both answer for it. */
export function sharedAddresses(
  requests: readonly NetworkRequest[],
  pods: PodCount | undefined,
): RequestProblem[] {
  if (!pods?.several) return [];
  return requests.slice(0, 64).flatMap((request): RequestProblem[] => {
    const fixed = [...(request.ips ?? []), ...(request.mac === undefined ? [] : [request.mac])];
    if (fixed.length === 0) return [];
    return [
      {
        severity: "warning",
        code: "SHARED_ADDRESS",
        message: `requests ${fixed.slice(0, 4).map(show).join(" and ")} of ${show(keyOf(request))} for ${pods.words}: each pod needs its own address`,
      },
    ];
  });
}
