import { checkNetworkConfig } from "../cni/check.ts";
import { CALLS, isReferencePlugin } from "../crds/reference-plugins.ts";
import { readNetwork } from "./cross-checks/network.ts";
import type { NadView } from "./nad-view.ts";

/**
 * The reference plugins that a NAD needs on a node: those of its chain, their IPAM, and what these call. None of one that is
 * not valid, since no pod can use it, nor of one whose configuration is a file on the node.
 */
export function neededPlugins(nad: NadView): string[] {
  if (nad.tooLarge !== undefined || nad.config === "") return [];
  const findings = checkNetworkConfig(nad.config, { networkName: nad.name, resourceName: nad.resourceName });
  if (findings.some(({ severity }) => severity === "error")) return [];
  const types = readNetwork(nad).plugins.flatMap(({ type, ipam }) => [type, ...(ipam ? [ipam.type] : [])]);
  const called = types.flatMap((type) => (Object.hasOwn(CALLS, type) ? (CALLS[type] ?? []) : []));
  return [...new Set([...types, ...called])].filter(isReferencePlugin).toSorted();
}
