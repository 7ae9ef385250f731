import { definitionOf } from "../custom-resource-definition.ts";
import type { KubeObject } from "../kube-object.ts";
import { condition } from "../printer-columns.ts";
import { structuralSchema } from "../structural-schema.ts";
import { NETWORK_ATTACHMENT_REPORT, reportStatus } from "./report.ts";

/** The CRD of NetworkAttachmentReport. It has no spec: it is written by the operator alone. */
export function networkAttachmentReportDefinition(): KubeObject {
  return definitionOf(NETWORK_ATTACHMENT_REPORT, {
    shortNames: ["nar"],
    columns: COLUMNS,
    description:
      "What is true of the NetworkAttachmentDefinition of the same name: is it valid, what does it need, which pods asked for it and which have it. The operator writes it; it goes with the NAD.",
    properties: {
      status: { ...structuralSchema(reportStatus), description: "What was found." },
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
