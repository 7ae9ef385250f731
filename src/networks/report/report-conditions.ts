import { unreadFinding } from "../../cni/check.ts";
import { type Finding, pathAndMessage } from "../../cni/finding.ts";
import { compareTexts } from "../../crds/compare-texts.ts";
import type { Condition } from "../../crds/conditions.ts";
import { firstOf } from "../../crds/listed.ts";
import type { ReportReason } from "../../crds/network-attachment-report/reasons.ts";
import { counted } from "../../crds/plural.ts";
import { pressureOf } from "../addresses/address-pools.ts";
import { requesting } from "./network-pods.ts";
import type { Inspected } from "./report-input.ts";

interface Draft {
  status: "True" | "False" | "Unknown";
  reason: ReportReason;
  message: string;
}

/** Valid and Available, each with the time at which its status last changed. `now` is RFC 3339. */
export function conditionsOf(input: Inspected, previous: readonly Condition[], now: string): Condition[] {
  const drafts = { Valid: validity(input), Available: availability(input) };
  return Object.entries(drafts).map(([type, draft]) => {
    const before = previous.find((condition) => condition.type === type);
    return {
      type,
      ...draft,
      message: draft.message.slice(0, 1024),
      observedGeneration: input.generation,
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : now,
    };
  });
}

function unreadDraft(findings: readonly Finding[]): Draft | undefined {
  const unread = unreadFinding(findings);
  return unread && { status: "Unknown", reason: "TooLarge", message: `the configuration ${unread.message}` };
}

function validity({ findings, moreFindings = 0 }: Inspected): Draft {
  const unread = unreadDraft(findings);
  if (unread) return unread;
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    return { status: "False", reason: "Invalid", message: sentences(errors, moreFindings) };
  const total = findings.length + moreFindings;
  const warnings = total > 0 ? `${counted(total, "warning")}: ${sentences(findings, moreFindings)}` : "";
  return { status: "True", reason: "Valid", message: warnings };
}

function availability({ network, findings, crossFindings, inspected, addresses, pods }: Inspected): Draft {
  const unread = unreadDraft(findings);
  if (unread) return unread;
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return { status: "False", reason: "Invalid", message: sentences(errors) };
  const missing = crossFindings.filter(({ severity }) => severity === "error");
  if (missing.length > 0) return { status: "False", reason: "NeedsMissing", message: sentences(missing) };
  const { counts, wanting } = pods;
  const full = addresses.ranges.find((range) => pressureOf(range) === "used up");
  if (full)
    return {
      status: "False",
      reason: "RangeUsedUp",
      message: `all ${full.size} addresses of ${full.range} are used${full.node === undefined ? "" : ` on ${full.node}`}${counts.failed > 0 ? `, and ${counted(counts.failed, "pod")} could not get one` : ""}; widen the range, or add a NAD with another one`,
    };
  if (counts.failed > 0) {
    const own = wanting.filter(
      ({ kind, pod }) => kind === "failed" && pod.startsWith(`${network.nad.namespace}/`),
    );
    const first = own.toSorted((a, b) => compareTexts(a.pod, b.pod))[0];
    const such = first ? `, such as ${first.pod}: ${first.evidence}` : ", all of them in other namespaces";
    return {
      status: "False",
      reason: "PodsFailing",
      message: `${counts.failed} of ${counted(requesting(counts), "pod")} could not be attached${such}`,
    };
  }
  const attached = counts.attached + counts["restart-needed"];
  if (attached === 0 && !inspected)
    return {
      status: "Unknown",
      reason: "NotSeen",
      message: "no node was inspected, and no pod has the network yet",
    };
  const narrow = addresses.ranges.find((range) => pressureOf(range) === "nearly used up");
  const notes = [
    ...(narrow ? [`${narrow.free} of ${narrow.size} addresses of ${narrow.range} are free`] : []),
    ...(crossFindings.length > 0 ? [sentences(crossFindings)] : []),
  ];
  return { status: "True", reason: "Attachable", message: notes.join("; ") };
}

/** "path message; …": the first three. */
function sentences(findings: readonly { path: string; message: string }[], more = 0): string {
  const texts = findings.map((finding) => pathAndMessage(finding, "").trim());
  return firstOf(texts, 3, more).join("; ");
}
