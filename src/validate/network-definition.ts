import { checkNetworkConfig } from "../cni/check.ts";
import { show } from "../cni/finding.ts";
import { RESOURCE_NAME } from "../cni/plugins/device.ts";
import { isObject } from "../cni/section.ts";
import { closest } from "../crds/suggestion.ts";
import type { ObjectFinding } from "./finding.ts";
import { annotationOf, type SeenObject } from "./object.ts";

export const NETWORK_DEFINITION = { apiVersion: "k8s.cni.cncf.io/v1", kind: "NetworkAttachmentDefinition" };

/** A NetworkAttachmentDefinition: what its CRD's schema rejects, and its configuration. */
export function checkNetworkDefinition({ value, name, apiVersion }: SeenObject): ObjectFinding[] {
  const findings: ObjectFinding[] = [];
  const error = (path: string, code: string, message: string) =>
    findings.push({ path, severity: "error", code, message, at: path.split(".") });
  if (apiVersion !== NETWORK_DEFINITION.apiVersion)
    error(
      "apiVersion",
      "INVALID_VALUE",
      `must be ${NETWORK_DEFINITION.apiVersion} (it is ${show(apiVersion)})`,
    );
  const { name: written } = isObject(value.metadata) ? value.metadata : {};
  if (name === "" && (written ?? "") === "") error("metadata.name", "MISSING_FIELD", "Required");
  const { spec } = value;
  if (spec !== undefined && spec !== null && !isObject(spec)) {
    error("spec", "WRONG_TYPE", `must be an object (it is ${show(spec)})`);
    return findings;
  }
  // The API server rejects unknown fields of what kubectl sends, and drops them from others.
  for (const key of Object.keys(spec ?? {})
    .filter((field) => field !== "config")
    .slice(0, 20)) {
    const near = closest(key, ["config"]);
    error(
      `spec.${key}`,
      "UNKNOWN_FIELD",
      `unknown field; ${near ? `did you mean ${near}?` : "known here: config"}`,
    );
  }
  const config = spec?.config ?? "";
  if (typeof config !== "string")
    error(
      "spec.config",
      "WRONG_TYPE",
      `must be a string that contains JSON, as in "config: |" (it is ${show(config)})`,
    );
  else
    for (const { path, severity, code, message, line = 1, column = 1 } of checkNetworkConfig(config, {
      networkName: name,
      resourceName: annotationOf(value.metadata, RESOURCE_NAME),
    }))
      findings.push({
        path: path || "spec.config",
        severity,
        code,
        message,
        at: ["spec", "config"],
        inText: { text: config, line, column },
      });
  return findings;
}
