import { type CheckOptions, checkNetworkConfig } from "../cni/check.ts";
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
  if (apiVersion !== NETWORK_DEFINITION.apiVersion)
    findings.push(
      error(
        "apiVersion",
        "INVALID_VALUE",
        `must be ${NETWORK_DEFINITION.apiVersion} (it is ${show(apiVersion)})`,
      ),
    );
  const { name: written } = isObject(value.metadata) ? value.metadata : {};
  if (name === "" && (written ?? "") === "")
    findings.push(error("metadata.name", "MISSING_FIELD", "Required"));
  const spec = value.spec ?? {};
  if (!isObject(spec))
    return [...findings, error("spec", "WRONG_TYPE", `must be an object (it is ${show(spec)})`)];
  const resourceName = annotationOf(value.metadata, RESOURCE_NAME);
  return [
    ...findings,
    ...unknownFields(spec),
    ...ofConfig(spec.config ?? "", { networkName: name, resourceName }),
  ];
}

function error(path: string, code: string, message: string): ObjectFinding {
  return { path, severity: "error", code, message, at: path.split(".") };
}

/** The API server rejects unknown fields of what kubectl sends, and drops them from others. */
function unknownFields(spec: Record<string, unknown>): ObjectFinding[] {
  const unknown = Object.keys(spec).filter((field) => field !== "config");
  return unknown.slice(0, 20).map((key) => {
    const near = closest(key, ["config"]);
    const hint = near ? `did you mean ${near}?` : "known here: config";
    return error(`spec.${key}`, "UNKNOWN_FIELD", `unknown field; ${hint}`);
  });
}

function ofConfig(config: unknown, options: CheckOptions): ObjectFinding[] {
  if (typeof config !== "string") {
    const message = `must be a string that contains JSON, as in "config: |" (it is ${show(config)})`;
    return [error("spec.config", "WRONG_TYPE", message)];
  }
  return checkNetworkConfig(config, options).map(
    ({ path, severity, code, message, line = 1, column = 1 }) => ({
      path: path || "spec.config",
      severity,
      code,
      message,
      at: ["spec", "config"],
      inText: { text: config, line, column },
    }),
  );
}
