import { definitionOf } from "../custom-resource-definition.ts";
import type { KubeObject } from "../kube-object.ts";
import { condition } from "../printer-columns.ts";
import { structuralSchema } from "../structural-schema.ts";
import { NETWORK_ATTACHMENT_REPORT, reportStatus } from "./report.ts";

/** The CRD of NetworkAttachmentReport. It has no spec: only the operator writes it. */
export function networkAttachmentReportDefinition(): KubeObject {
  return definitionOf(NETWORK_ATTACHMENT_REPORT, {
    shortNames: ["nar"],
    columns: COLUMNS,
    description:
      "The state of the NetworkAttachmentDefinition (NAD) with the same name: whether it is valid, what it needs, which pods requested it and which have it. The operator writes the report and deletes it with the NAD.",
    properties: {
      status: { ...structuralSchema(reportStatus), description: "The observed state." },
    },
  });
}

const COLUMNS = [
  { name: "Valid", type: "string", jsonPath: condition("Valid", "status") },
  { name: "Available", type: "string", jsonPath: condition("Available", "status") },
  { name: "Reason", type: "string", jsonPath: condition("Available", "reason") },
  { name: "Plugins", type: "string", jsonPath: ".status.plugins" },
  { name: "Pods", type: "integer", jsonPath: ".status.pods.requesting" },
  { name: "Attached", type: "integer", jsonPath: ".status.pods.attached" },
  { name: "Failed", type: "integer", jsonPath: ".status.pods.failed" },
  { name: "Bypassed", type: "integer", jsonPath: ".status.pods.bypassed" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Restart", type: "integer", jsonPath: ".status.pods.restartNeeded", priority: 1 },
  { name: "Duplicates", type: "integer", jsonPath: ".status.duplicatesTotal", priority: 1 },
  { name: "Nodes-Lacking", type: "integer", jsonPath: ".status.nodesLackingTotal", priority: 1 },
  { name: "Message", type: "string", jsonPath: condition("Available", "message"), priority: 1 },
];
