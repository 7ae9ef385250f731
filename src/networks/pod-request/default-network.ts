import { DEFAULT_MULTUS_NAMESPACE } from "../../multus/multus-namespace.ts";
import type { Problem } from "./go-json.ts";
import { type NetworkRequest, parseNetworks } from "./request.ts";

/** The pod annotation that puts a NAD in the place of the cluster's own network. */
export const DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

export type ParsedDefaultNetwork = { ok: true; request: NetworkRequest } | { ok: false; problem: Problem };

/**
 * Reads the annotation as Multus 4.3.0 does (pkg/k8sclient, tryLoadK8sPodDefaultNetwork): as a request, of one NAD,
 * of any namespace whatever the isolation. An empty one is rejected, and Multus crashes on `[]`: with either the pod
 * does not start. Never throws.
 * @param multusNamespace where Multus looks for a NAD that the annotation gives no namespace
 */
export function parseDefaultNetwork(
  annotation: string,
  multusNamespace = DEFAULT_MULTUS_NAMESPACE,
): ParsedDefaultNetwork {
  if (annotation === "")
    return {
      ok: false,
      problem: { code: "MISSING_NAME", message: "is empty; name a network or remove the annotation" },
    };
  const parsed = parseNetworks(annotation, multusNamespace);
  if (!parsed.ok) return parsed;
  const [request, ...more] = parsed.requests;
  if (!request)
    return {
      ok: false,
      problem: { code: "MISSING_NAME", message: "names no network, which crashes Multus" },
    };
  if (more.length > 0)
    return {
      ok: false,
      problem: {
        code: "TOO_MANY",
        message: `names ${parsed.requests.length} networks; a pod has only one default network`,
      },
    };
  return { ok: true, request };
}
