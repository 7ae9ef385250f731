import { unreadFinding } from "../../../cni/check.ts";
import { pathAndMessage } from "../../../cni/finding.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { ReportStatus } from "../../../crds/network-attachment-report/report.ts";
import { networkStatusFrom } from "../../../networks/status-counts.ts";
import { summaryOf, summed } from "../../../networks/summary.ts";
import { type CollectedNetworks, collectNetworks, collectPods } from "./collect.ts";
import type { InstallWithStatus } from "./install.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** All networks and pods in numbers: what the operator wrote into the status, else what the plugin finds itself. */
export async function summarize(
  reader: PermittedReader,
  install: InstallWithStatus | undefined,
): Promise<Pick<MultusInstallStatus, "networks" | "pods">> {
  const { networks, pods } = install?.status ?? {};
  if (networks && pods) return { networks, pods };
  const seen = await collectNetworks(reader, undefined);
  const asking = await collectPods(reader, { namespace: undefined, networks: seen, install });
  if (!seen || !asking) return {};
  const reports = seen.keys.map((key): [string, ReportStatus] => [
    key,
    seen.reports.get(key) ?? checked(seen, key),
  ]);
  const found = asking.map(({ namespace, name, outcome }) => ({
    pod: `${namespace}/${name}`,
    kind: outcome.kind,
    evidence: outcome.evidence,
  }));
  return networkStatusFrom(summaryOf(reports, summed(found)), {});
}

/** As much of a report as a NAD's own text gives. */
function checked({ read }: CollectedNetworks, key: string): ReportStatus {
  const findings = read(key)?.findings ?? [];
  const error = findings.find(({ severity }) => severity === "error");
  if (!error) return {};
  const [status, reason] = unreadFinding(findings)
    ? (["Unknown", "TooLarge"] as const)
    : (["False", "Invalid"] as const);
  const condition = { status, reason, message: pathAndMessage(error), lastTransitionTime: "" };
  return {
    conditions: [
      { ...condition, type: "Valid" },
      { ...condition, type: "Available" },
    ],
  };
}
