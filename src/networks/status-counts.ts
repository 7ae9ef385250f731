import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import type { NetworkSummary } from "./summary.ts";

/**
 * status.networks and status.pods. Until an operator that was restarted has seen everything, what its
 * predecessor saw stays.
 */
export function networkStatusFrom(
  summary: NetworkSummary | undefined,
  previous: Pick<MultusInstallStatus, "networks" | "pods">,
): Pick<MultusInstallStatus, "networks" | "pods"> {
  if (!summary) {
    const { networks, pods } = previous;
    return { ...(networks ? { networks } : {}), ...(pods ? { pods } : {}) };
  }
  const { samples: networkSamples, nodesLacking, ...networks } = summary.networks;
  const { counts, requesting, samples } = summary.pods;
  const failing = {
    bypassed: counts.bypassed,
    failed: counts.failed,
    missingNetwork: counts["missing-network"],
    forbidden: counts["forbidden-network"],
    partial: counts.partial,
  };
  return {
    networks: {
      ...networks,
      rangesUsedUp: summary.rangesUsedUp,
      rangesNearlyUsedUp: summary.rangesNearlyUsedUp,
      duplicateAddresses: summary.duplicateAddresses,
      ...(networkSamples.length > 0 ? { samples: networkSamples } : {}),
      ...(nodesLacking.length > 0 ? { nodesLacking } : {}),
    },
    pods: {
      requesting,
      failing: Object.values(failing).reduce((sum, n) => sum + n, 0),
      ...failing,
      attached: counts.attached + counts["restart-needed"],
      restartNeeded: counts["restart-needed"],
      pending: counts.pending,
      ...(samples.length > 0 ? { samples } : {}),
    },
  };
}
