import { definitionOf } from "../custom-resource-definition.ts";
import type { KubeObject } from "../kube-object.ts";
import { condition } from "../printer-columns.ts";
import { withValidations } from "../rule.ts";
import { structuralSchema } from "../structural-schema.ts";
import { MULTUS_INSTALL, NAME_IS_A_LABEL_VALUE } from "./multus-install.ts";
import { RULES } from "./rules.ts";
import { multusInstallSpec } from "./spec.ts";
import { multusInstallStatus } from "./status.ts";

/** The CRD of MultusInstall. */
export function multusInstallDefinition(): KubeObject {
  return definitionOf(MULTUS_INSTALL, {
    shortNames: ["mi"],
    columns: COLUMNS,
    description:
      "Configures Multus in this cluster. The oldest MultusInstall is the active one; the operator writes nothing for others. In the descriptions of the fields, a flag is one of Multus' entrypoint, and a key is one of the thick daemon's configuration.",
    rules: [NAME_IS_A_LABEL_VALUE],
    properties: {
      spec: {
        ...structuralSchema(withValidations(multusInstallSpec, BETWEEN_FIELDS)),
        description: "The desired configuration of Multus.",
        // In full: the API server checks the rules against this value before it fills in nested defaults.
        default: multusInstallSpec.parse({}),
      },
      status: {
        ...structuralSchema(multusInstallStatus),
        description: "The observed state of Multus in the cluster.",
      },
    },
  });
}

const BETWEEN_FIELDS = RULES.map(({ cel, message, path }) => ({
  rule: cel,
  message,
  fieldPath: path.replace(/^spec/, ""),
}));

const COLUMNS = [
  { name: "Ready", type: "string", jsonPath: condition("Ready", "status") },
  { name: "Reason", type: "string", jsonPath: condition("Ready", "reason") },
  { name: "Version", type: "string", jsonPath: ".status.version" },
  { name: "Mode", type: "string", jsonPath: ".status.mode" },
  { name: "Desired", type: "integer", jsonPath: ".status.nodes.desired" },
  { name: "Updated", type: "integer", jsonPath: ".status.nodes.updated" },
  { name: "Available", type: "integer", jsonPath: ".status.nodes.available" },
  { name: "Failing", type: "integer", jsonPath: ".status.pods.failing" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Networks", type: "integer", jsonPath: ".status.networks.total", priority: 1 },
  { name: "Invalid", type: "integer", jsonPath: ".status.networks.invalid", priority: 1 },
  { name: "Pods", type: "integer", jsonPath: ".status.pods.requesting", priority: 1 },
  { name: "Image", type: "string", jsonPath: ".status.image", priority: 1 },
  { name: "Message", type: "string", jsonPath: condition("Ready", "message"), priority: 1 },
];
