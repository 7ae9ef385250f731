import { checkNetworkConfig } from "../cni/check.ts";
import { type Finding, pathAndMessage, show } from "../cni/finding.ts";
import type { Findings } from "./findings.ts";
import { MAX_CONFIG_LENGTH } from "./policy-rules.ts";

interface Network {
  name: string;
  /** spec.config as it came: whatever a NAD CRD without a schema let through. */
  config: unknown;
  /** The annotation k8s.v1.cni.cncf.io/resourceName. */
  resourceName?: string | undefined;
}

/**
 * What is wrong or doubtful with a NetworkAttachmentDefinition, in sentences for whoever writes it.
 *
 * @param denyCodes codes of findings that are forbidden; what is not checked is forbidden too if there are any
 */
export function checkNetwork(
  { name, config = "", resourceName }: Network,
  denyCodes: readonly string[] = [],
): Findings {
  if (typeof config !== "string")
    return {
      problems: [`spec.config must be a string that contains JSON (it is ${show(config)})`],
      warnings: [],
    };
  // Longer ones the policy rejects; if there is none, they are not worth the time of others.
  if (config.length > 2 * MAX_CONFIG_LENGTH) {
    const problems = [`spec.config is longer than ${MAX_CONFIG_LENGTH} characters`];
    return denyCodes.length > 0
      ? { forbidden: problems, problems: [], warnings: [] }
      : { problems, warnings: [] };
  }
  const findings = checkNetworkConfig(config, { networkName: name, resourceName });
  // What is too large was not read: whatever is forbidden may be in it.
  const isForbidden = ({ code }: Finding) =>
    denyCodes.includes(code) || (denyCodes.length > 0 && code === "TOO_LARGE");
  const of = (severity: Finding["severity"]) =>
    findings.filter((finding) => finding.severity === severity && !isForbidden(finding)).map(sentence);
  return {
    forbidden: findings.filter(isForbidden).map((finding) => `${sentence(finding)} [${finding.code}]`),
    problems: of("error"),
    warnings: [...of("warning"), ...ofName(name)],
  };
}

function sentence({ path, message, line, column }: Finding): string {
  const sentence =
    path === ""
      ? pathAndMessage({ path, message }, "spec.config")
      : `spec.config: ${pathAndMessage({ path, message })}`;
  const place = line === undefined ? "" : ` (line ${line}, column ${column})`;
  return `${sentence}${place}`;
}

/** The short form of a pod's request takes DNS labels only (parsePodNetworkObjectName of Multus). */
function ofName(name: string): string[] {
  if (!name.includes(".")) return [];
  return [`metadata.name has a dot: pods can request it in the JSON form only, [{"name": "…"}]`];
}
