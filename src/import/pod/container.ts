import type { Flavour } from "../../multus/releases.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import type { Container } from "../manifest/objects.ts";

/** What the environment of Multus' container sets; that of v4 is the operator's own. */
export function readEnvironment(
  draft: Draft,
  { env }: Container,
  flavour: Flavour,
  findings: Findings,
): void {
  for (const { name, value } of env) {
    if (flavour === "v3" && name === "SKIP_TLS_VERIFY") draft.entrypoint.skipTLSVerify = value === "true";
    else if (flavour === "v3" && name === "KUBECONFIG_MODE") draft.entrypoint.kubeconfigMode = value;
    else if (name !== "MULTUS_NODE_NAME" && !(flavour === "v4-thick" && name === "CNI_PATH"))
      findings.lost(`env ${name}`, "no field of a MultusInstall sets it");
  }
}

const OF_CONTAINER = [
  "name",
  "image",
  "command",
  "args",
  "env",
  "imagePullPolicy",
  "resources",
  "volumeMounts",
  "terminationMessagePath",
  "terminationMessagePolicy",
];

/** A privileged container has every capability, whichever are added to it. */
function isPrivilegedOnly(value: unknown): boolean {
  const { privileged, capabilities = {}, ...others } = value as Record<string, unknown>;
  const { add: _, ...dropped } = capabilities as Record<string, unknown>;
  return privileged === true && Object.keys({ ...others, ...dropped }).length === 0;
}

/** A container is privileged and has nothing more; what else it has is reported. */
export function readContainer(container: Container, findings: Findings): void {
  const { privileged } = (container.securityContext ?? {}) as { privileged?: unknown };
  if (privileged !== true)
    findings.changed(
      `${container.name} securityContext.privileged`,
      `becomes true: all of the operator's containers are privileged (it is ${privileged === false ? "false" : "not set"})`,
    );
  for (const [field, value] of Object.entries(container)) {
    if (OF_CONTAINER.includes(field) || value === null || value === undefined) continue;
    if (field === "securityContext" && isPrivilegedOnly({ ...value, privileged: true })) continue;
    findings.lost(
      `${container.name} ${field}`,
      "no field of a MultusInstall sets it: the operator's containers are privileged and have neither probes, ports nor hooks",
    );
  }
}
