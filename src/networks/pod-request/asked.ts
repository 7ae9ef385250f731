import { DEFAULT_NETWORK, parseDefaultNetwork } from "./default-network.ts";
import { NETWORKS, type ParsedNetworks, parseNetworks } from "./request.ts";

/** Before a JSON of both annotations. A request for further networks that Multus can read does not begin with it. */
const BOTH = "\0";

/**
 * What a pod's annotations ask for, as one text: that of `k8s.v1.cni.cncf.io/networks`, which nearly all have alone, or both
 * annotations. Empty if the pod asks for no network.
 */
export function askedOf(annotations: Readonly<Record<string, string>>): string {
  const { [NETWORKS]: networks = "", [DEFAULT_NETWORK]: first } = annotations;
  if (first === undefined && !networks.startsWith(BOTH)) return networks;
  return BOTH + JSON.stringify([networks, first ?? null]);
}

/** Whether the text of `askedOf` has a network in the place of the cluster's own. */
export function asksForDefault(asked: string): boolean {
  return asked.startsWith(BOTH) && partsOf(asked).first !== null;
}

/**
 * Reads the text of `askedOf`. The network in the place of the cluster's own is the first. Never throws.
 * @param multusNamespace see parseDefaultNetwork
 */
export function parseAsked(asked: string, podNamespace: string, multusNamespace?: string): ParsedNetworks {
  if (!asked.startsWith(BOTH)) return parseNetworks(asked, podNamespace);
  const { networks, first } = partsOf(asked);
  const further = parseNetworks(networks, podNamespace);
  if (first === null || !further.ok) return further;
  const parsed = parseDefaultNetwork(first, multusNamespace);
  if (!parsed.ok) return { ok: false, problem: { ...parsed.problem, annotation: DEFAULT_NETWORK } };
  return { ok: true, requests: [{ ...parsed.request, isDefault: true }, ...further.requests] };
}

function partsOf(asked: string): { networks: string; first: string | null } {
  const [networks, first] = JSON.parse(asked.slice(BOTH.length)) as [string, string | null];
  return { networks, first };
}
