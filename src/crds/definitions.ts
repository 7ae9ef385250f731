import type { KubeObject } from "./kube-object.ts";
import { multusInstallDefinition } from "./multus-install/definition.ts";
import { networkAttachmentReportDefinition } from "./network-attachment-report/definition.ts";

/** The CustomResourceDefinitions of this project, as they are installed. */
export function customResourceDefinitions(): KubeObject[] {
  return [multusInstallDefinition(), networkAttachmentReportDefinition()];
}
