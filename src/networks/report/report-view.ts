import { z } from "zod";
import { type ReportStatus, reportStatus } from "../../crds/network-attachment-report/report.ts";
import type { NadView } from "../nad-view.ts";

export interface ReportView {
  uid: string;
  resourceVersion: string;
  ownerUid: string;
  status: ReportStatus;
}

/** What the API server sends for a report, as far as it is read here. */
interface ReportObject {
  metadata: { uid?: string; resourceVersion?: string; ownerReferences?: unknown };
  status?: unknown;
}

/** A status that cannot be read counts as none, and is written again. */
export function reportView(object: ReportObject): ReportView {
  const { uid = "", resourceVersion = "0", ownerReferences } = object.metadata;
  const owners = z.array(z.object({ uid: z.string() })).safeParse(ownerReferences);
  return {
    uid,
    resourceVersion,
    ownerUid: owners.data?.[0]?.uid ?? "",
    status: reportStatus.catch({}).parse(object.status ?? {}),
  };
}

/** Whether a report is on the NAD as it is now: one of an operator that does not run is on an earlier configuration. */
export function isCurrent({ observedGeneration }: ReportStatus, { generation }: NadView): boolean {
  return observedGeneration === undefined || observedGeneration === generation;
}
