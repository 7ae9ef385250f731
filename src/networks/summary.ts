import { compareTexts } from "../crds/compare-texts.ts";
import { MAX_NODES, MAX_SAMPLES, SAMPLE_TEXT } from "../crds/multus-install/network-summary.ts";
import type { AddressRange, ReportStatus } from "../crds/network-attachment-report/report.ts";
import { pressureOf } from "./addresses/address-pools.ts";
import { INTERFACE, usable } from "./node-requirements.ts";
import type { OutcomeKind } from "./outcome/outcome.ts";
import { noCounts, requesting } from "./report/network-pods.ts";

/** Summary of all NADs and pods, for MultusInstall.status and the metrics. */
export interface NetworkSummary {
  networks: {
    total: number;
    valid: number;
    invalid: number;
    /** Networks that pods cannot be attached to, including those that are not valid. */
    unavailable: number;
    samples: { network: string; reason: string; message: string }[];
    /** Nodes that lack an interface that a network needs, with the interfaces that they have. */
    nodesLacking: { node: string; lacks: string[]; interfaces: string[] }[];
  };
  pods: {
    requesting: number;
    counts: Record<OutcomeKind, number>;
    samples: { pod: string; outcome: OutcomeKind; message: string }[];
  };
  /** Addresses that several pods in one layer-2 network use. */
  duplicateAddresses: number;
  rangesNearlyUsedUp: number;
  rangesUsedUp: number;
  /** Problems that prevent the reports themselves. */
  warnings?: readonly string[];
}

/** What the summary counts of a report. */
export interface SummedReport
  extends Pick<ReportStatus, "conditions" | "ranges" | "duplicatesTotal" | "nodesLacking"> {
  /** The keys of the ranges' pools, in the order of the ranges. */
  pools?: readonly string[];
}

/** One pod as the summary counts it. */
export interface SummedPod {
  pod: string;
  kind: OutcomeKind;
  evidence?: string;
}

/** The numbers of all pods that request networks. */
export interface SummedPods {
  counts: Readonly<Record<OutcomeKind, number>>;
  /** Those that need attention, in any order. */
  failing: readonly SummedPod[];
}

/** The outcomes that need attention, the most severe first. */
const FAILING: readonly OutcomeKind[] = [
  "bypassed",
  "failed",
  "missing-network",
  "forbidden-network",
  "partial",
  "restart-needed",
];

/** Whether a pod with this outcome needs attention. */
export function isFailing(kind: OutcomeKind): boolean {
  return FAILING.includes(kind);
}

/** Counts pods. */
export function summed(pods: Iterable<SummedPod>): SummedPods {
  const counts = noCounts();
  const failing: SummedPod[] = [];
  for (const pod of pods) {
    counts[pod.kind]++;
    if (isFailing(pod.kind)) failing.push(pod);
  }
  return { counts, failing };
}

/** The summary of all reports, by "namespace/name", and of all pods that request networks. */
export function summaryOf(
  reports: Iterable<readonly [string, SummedReport]>,
  { counts, failing }: SummedPods,
  interfacesOf: (node: string) => readonly string[] = () => [],
): NetworkSummary {
  return {
    ...networksOf([...reports], interfacesOf),
    pods: {
      requesting: requesting(counts),
      counts,
      samples: failing
        .toSorted((a, b) => FAILING.indexOf(a.kind) - FAILING.indexOf(b.kind) || compareTexts(a.pod, b.pod))
        .slice(0, MAX_SAMPLES)
        .map(({ pod, kind, evidence = "" }) => ({ pod, outcome: kind, message: shortened(evidence) })),
    },
  };
}

function networksOf(
  reports: (readonly [string, SummedReport])[],
  interfacesOf: (node: string) => readonly string[],
): Omit<NetworkSummary, "pods"> {
  const conditionOf = (status: SummedReport, type: string) =>
    status.conditions?.find((condition) => condition.type === type);
  const invalid = reports.filter(([, status]) => conditionOf(status, "Valid")?.status === "False");
  const unread = reports.filter(([, status]) => conditionOf(status, "Valid")?.status === "Unknown");
  const unavailable = reports.filter(([, status]) => conditionOf(status, "Available")?.status === "False");
  const ranges = pressures(reports);
  return {
    networks: {
      total: reports.length,
      valid: reports.length - invalid.length - unread.length,
      invalid: invalid.length,
      unavailable: unavailable.length,
      samples: unavailable
        .toSorted(([a], [b]) => compareTexts(a, b))
        .slice(0, MAX_SAMPLES)
        .map(([network, status]) => {
          const { reason = "", message = "" } =
            conditionOf(status, invalid.some(([key]) => key === network) ? "Valid" : "Available") ?? {};
          return { network, reason, message: shortened(message) };
        }),
      nodesLacking: nodesLacking(reports, interfacesOf),
    },
    duplicateAddresses: reports.reduce((sum, [, { duplicatesTotal = 0 }]) => sum + duplicatesTotal, 0),
    rangesNearlyUsedUp: ranges.filter((pressure) => pressure === "nearly used up").length,
    rangesUsedUp: ranges.filter((pressure) => pressure === "used up").length,
  };
}

/** The pressure in each pool: one that several networks share is counted once, by the report that shows it fullest. */
function pressures(reports: (readonly [string, SummedReport])[]): ReturnType<typeof pressureOf>[] {
  const fullest = new Map<string, AddressRange>();
  for (const [network, { ranges = [], pools = [] }] of reports)
    for (const [index, range] of ranges.entries()) {
      const key = pools[index] ?? `${network} ${index}`;
      const known = fullest.get(key);
      if (!known || range.used > known.used) fullest.set(key, range);
    }
  return [...fullest.values()].map(pressureOf);
}

/** The summary names interfaces of nodes. The reports do not, because tenants read them. */
function nodesLacking(
  reports: (readonly [string, SummedReport])[],
  interfacesOf: (node: string) => readonly string[],
): NetworkSummary["networks"]["nodesLacking"] {
  const byNode = new Map<string, Set<string>>();
  for (const [, { nodesLacking: nodes = [] }] of reports)
    for (const { node, lacks } of nodes)
      for (const what of lacks.filter((each) => each.startsWith(INTERFACE)))
        byNode.set(node, (byNode.get(node) ?? new Set()).add(what));
  return [...byNode]
    .toSorted(([a], [b]) => compareTexts(a, b))
    .slice(0, MAX_NODES)
    .map(([node, lacks]) => ({
      node,
      lacks: [...lacks].toSorted().slice(0, 16),
      interfaces: usable(interfacesOf(node)),
    }));
}

function shortened(text: string): string {
  return text.length <= SAMPLE_TEXT ? text : `${text.slice(0, SAMPLE_TEXT - 1)}…`;
}
