import { compareTexts } from "../../crds/compare-texts.ts";
import {
  MOST,
  type PodSample,
  REPORT_BYTES,
  type ReportStatus,
} from "../../crds/network-attachment-report/report.ts";
import type { CrossFinding } from "../cross-checks/view.ts";
import { lackingNodes, needsOf, pluginsText } from "../node-requirements.ts";
import type { OutcomeKind } from "../outcome/outcome.ts";
import { type NetworkPods, requesting } from "./network-pods.ts";
import { conditionsOf } from "./report-conditions.ts";
import type { Inspected, ReportInput } from "./report-input.ts";

/** Worst first, as samples are listed. */
const BY_SEVERITY: readonly OutcomeKind[] = [
  "bypassed",
  "failed",
  "forbidden-network",
  "partial",
  "restart-needed",
  "pending",
];

/**
 * The status of a NAD's report. Pure: the same input gives the same status, but for the times of its
 * conditions, which come from `previous` and `now` (RFC 3339). At most 32 KiB of JSON.
 */
export function reportStatusOf(input: ReportInput, previous: ReportStatus, now: string): ReportStatus {
  return statusOf(withoutRestated(withLastInspection(input, previous)), previous, now);
}

/** What the cross checks state with the cluster's nodes, the check of the configuration states in general. */
function withoutRestated(input: Inspected): Inspected {
  const stated = new Set(input.crossFindings.map(({ code, path }) => `${code} ${path}`));
  return { ...input, findings: input.findings.filter(({ code, path }) => !stated.has(`${code} ${path}`)) };
}

/**
 * A restarted operator knows no node, and then only some: what earlier inspections showed of the same configuration holds
 * until each node was inspected again. Without such, what is missing on those nodes may be there on the others.
 */
function withLastInspection(input: ReportInput, previous: ReportStatus): Inspected {
  const { network, nodes, generation, crossFindings, isFirstRound = false } = input;
  const found = lackingNodes(needsOf(network), nodes);
  const lacking = { total: found.length, nodes: found.slice(0, MOST.nodes) };
  const inspected = nodes.some(({ inspection }) => inspection !== undefined);
  const available = previous.conditions?.find(({ type }) => type === "Available");
  const wasInspected =
    previous.observedGeneration === generation && available !== undefined && available.reason !== "NotSeen";
  if ((inspected && !isFirstRound) || !wasInspected) {
    const findings = isFirstRound ? crossFindings.map(asWarning) : crossFindings;
    return { ...input, crossFindings: findings, lacking, inspected };
  }
  const kept = (previous.findings ?? []).filter(isFromInspections);
  const others = crossFindings.filter((finding) => !isFromInspections(finding));
  const { namespace, name } = network.nad;
  return {
    ...input,
    crossFindings: [...kept.map((finding) => ({ namespace, name, ...finding })), ...others],
    lacking: { total: previous.nodesLackingTotal ?? 0, nodes: previous.nodesLacking ?? [] },
    inspected: true,
  };
}

function isFromInspections({ code }: { code: string }): boolean {
  return FROM_INSPECTIONS.includes(code);
}

function asWarning(finding: CrossFinding): CrossFinding {
  return isFromInspections(finding) ? { ...finding, severity: "warning" } : finding;
}

/** The codes of findings that an inspection of a node leads to (cross-checks). */
const FROM_INSPECTIONS: readonly string[] = [
  "PLUGIN_MISSING_ON_NODE",
  "MASTER_MISSING_ON_NODE",
  "PLUGIN_TOO_OLD_ON_NODE",
];

function statusOf(input: Inspected, previous: ReportStatus, now: string): ReportStatus {
  const { network, pods, addresses, duplicates, versions, lacking } = input;
  const needs = needsOf(network);
  const findings = [...input.findings, ...input.crossFindings].toSorted(
    (a, b) => Number(b.severity === "error") - Number(a.severity === "error"),
  );
  // Whoever may read a namespace's reports may not know the pods of others.
  const isOwn = (pod: string) => pod.startsWith(`${network.nad.namespace}/`);
  const status: ReportStatus = {
    observedGeneration: input.generation,
    conditions: conditionsOf(input, previous.conditions ?? [], now),
    plugins: pluginsText(network),
    types: needs.binaries.map((type) => type.slice(0, 128)),
    needs: {
      binaries: needs.binaries.map((type) => type.slice(0, 128)),
      ...(needs.masters.length > 0
        ? { masters: needs.masters.slice(0, 16).map((link) => link.slice(0, 64)) }
        : {}),
      ...(needs.resourceName ? { resourceName: needs.resourceName.slice(0, 317) } : {}),
    },
    nodesLackingTotal: lacking.total,
    nodesLacking: lacking.nodes.map(({ node, lacks }) => ({
      node,
      lacks: lacks.slice(0, 16).map((what) => what.slice(0, 192)),
    })),
    findingsTotal: findings.length + (input.moreFindings ?? 0),
    findings: findings.slice(0, MOST.findings).map(({ severity, path, code, message }) => ({
      severity,
      path: path.slice(0, 512),
      code,
      message: message.slice(0, 1024),
    })),
    pods: countsOf(pods),
    ...samplesOf(pods, isOwn),
    ranges: addresses.ranges.slice(0, MOST.ranges),
    duplicatesTotal: duplicates.length,
    duplicates: duplicates.slice(0, MOST.duplicates).map(({ address, pods: owners }) => {
      const own = owners.filter(isOwn);
      const others = owners.length - own.length;
      return {
        address: address.slice(0, 64),
        pods: own.slice(0, 8),
        ...(others > 0 ? { otherPods: others } : {}),
      };
    }),
    outsideTotal: addresses.outsideTotal,
    outside: addresses.outside
      .slice(0, MOST.outside)
      .map(({ address, pod }) => ({ address: address.slice(0, 64), ...(isOwn(pod) ? { pod } : {}) })),
    versions: versions.slice(-MOST.versions).map((version) => ({ ...version })),
  };
  return fitted(withoutEmpty(status));
}

function countsOf({ counts, unverified }: NetworkPods): NonNullable<ReportStatus["pods"]> {
  return {
    requesting: requesting(counts),
    attached: counts.attached + counts["restart-needed"],
    pending: counts.pending,
    failed: counts.failed + counts["missing-network"],
    bypassed: counts.bypassed,
    partial: counts.partial,
    restartNeeded: counts["restart-needed"],
    forbidden: counts["forbidden-network"],
    unverified,
  };
}

/** The order does not depend on that of the input: a status that says the same is the same. */
function samplesOf(
  { wanting }: NetworkPods,
  isOwn: (pod: string) => boolean,
): { samples: PodSample[]; otherSamples?: number } {
  const rank = new Map(BY_SEVERITY.map((kind, n) => [kind, n]));
  const ranked = wanting
    .filter(({ pod }) => isOwn(pod))
    .map((pod) => ({ pod, rank: rank.get(pod.kind) ?? -1 }));
  const samples = ranked
    .toSorted((a, b) => a.rank - b.rank || compareTexts(a.pod.pod, b.pod.pod))
    .slice(0, MOST.samples)
    .map(({ pod: { pod, node, kind, evidence } }) => ({
      pod,
      ...(node === "" ? {} : { node }),
      outcome: kind,
      message: evidence.slice(0, 1024),
    }));
  const others = wanting.length - ranked.length;
  return { samples, ...(others > 0 ? { otherSamples: others } : {}) };
}

function withoutEmpty(status: ReportStatus): ReportStatus {
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  ) as ReportStatus;
}

/** Cuts what is listed, least needed first, until the whole is small enough. The counts stay. */
function fitted(status: ReportStatus): ReportStatus {
  const size = () => Buffer.byteLength(JSON.stringify(status));
  for (const list of ["samples", "duplicates", "outside", "findings", "versions", "nodesLacking"] as const)
    while (size() > REPORT_BYTES && (status[list]?.length ?? 0) > 0) {
      const items = status[list] as unknown[];
      // Versions are kept from the newest on, the others from the worst.
      if (list === "versions") items.shift();
      else items.length = Math.floor(items.length / 2);
      if (items.length === 0) delete status[list];
    }
  return status;
}
