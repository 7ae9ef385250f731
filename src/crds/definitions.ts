import type { KubeObject } from "./kube-object.ts";
import { MULTUS_INSTALL, NAME_IS_A_LABEL_VALUE } from "./multus-install/multus-install.ts";
import { multusInstallSpec } from "./multus-install/spec.ts";
import { multusInstallStatus } from "./multus-install/status.ts";
import { networkAttachmentReportDefinition } from "./network-attachment-report/definition.ts";
import { condition } from "./printer-columns.ts";
import { structuralSchema } from "./structural-schema.ts";

/** The CustomResourceDefinitions of this project, as they are installed. */
export function customResourceDefinitions(): KubeObject[] {
  return [multusInstallDefinition(), networkAttachmentReportDefinition()];
}

function multusInstallDefinition(): KubeObject {
  const spec = structuralSchema(multusInstallSpec);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${MULTUS_INSTALL.plural}.${MULTUS_INSTALL.group}` },
    spec: {
      group: MULTUS_INSTALL.group,
      scope: "Cluster",
      names: {
        kind: MULTUS_INSTALL.kind,
        listKind: `${MULTUS_INSTALL.kind}List`,
        plural: MULTUS_INSTALL.plural,
        singular: "multusinstall",
        shortNames: ["mi"],
        categories: ["multus"],
      },
      versions: [
        {
          name: MULTUS_INSTALL.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description:
                "How Multus is to run in this cluster. The oldest MultusInstall counts; further ones touch nothing.",
              "x-kubernetes-validations": [
                { rule: NAME_IS_A_LABEL_VALUE.rule, message: NAME_IS_A_LABEL_VALUE.message },
              ],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: {
                  ...spec,
                  description: "How Multus is to run.",
                  // In full: the API server checks the rules against this value before it fills in nested defaults.
                  default: multusInstallSpec.parse({}),
                },
                status: {
                  ...structuralSchema(multusInstallStatus),
                  description: "What is true in the cluster.",
                },
              },
            },
          },
        },
      ],
    },
  };
}

const COLUMNS = [
  { name: "Ready", type: "string", jsonPath: condition("Ready", "status") },
  { name: "Reason", type: "string", jsonPath: condition("Ready", "reason") },
  { name: "Version", type: "string", jsonPath: ".status.version" },
  { name: "Mode", type: "string", jsonPath: ".status.mode" },
  { name: "Desired", type: "integer", jsonPath: ".status.nodes.desired" },
  { name: "Updated", type: "integer", jsonPath: ".status.nodes.updated" },
  { name: "Available", type: "integer", jsonPath: ".status.nodes.available" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Networks", type: "integer", jsonPath: ".status.networks.total", priority: 1 },
  { name: "Invalid", type: "integer", jsonPath: ".status.networks.invalid", priority: 1 },
  { name: "Pods", type: "integer", jsonPath: ".status.pods.requesting", priority: 1 },
  { name: "Failing", type: "integer", jsonPath: ".status.pods.failing", priority: 1 },
  { name: "Image", type: "string", jsonPath: ".status.image", priority: 1 },
  { name: "Message", type: "string", jsonPath: condition("Ready", "message"), priority: 1 },
];
