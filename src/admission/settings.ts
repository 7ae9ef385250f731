import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { multusNamespaceOf } from "../multus/multus-namespace.ts";
import type { Isolation } from "../networks/pod-request/isolation.ts";
import { networksBefore } from "../networks/request-checks/interfaces.ts";
import { SYSTEM_NAMESPACES } from "./names.ts";

export type AdmissionMode = MultusInstall["spec"]["attachments"]["admission"];

/** What admission needs to know of the MultusInstall that counts. */
export interface AdmissionSettings {
  mode: Exclude<AdmissionMode, "Off">;
  /** Codes of findings for which a NAD is rejected in either mode. */
  denyCodes: readonly string[];
  isolation: Isolation;
  /** Where Multus looks for a default network without a namespace. */
  multusNamespace?: string | undefined;
  /** The release of Multus. */
  version?: string | undefined;
  /** How many networks each pod of a namespace has in addition to those that it requests. */
  networksBefore?: ((namespace: string) => number) | undefined;
  /** Namespaces whose objects are never looked at. */
  excludedNamespaces: readonly string[];
}

/** Undefined where admission is off. @param operatorNamespace where the operator itself runs */
export function settingsOf(
  { spec }: MultusInstall,
  operatorNamespace: string,
): AdmissionSettings | undefined {
  const mode = spec.attachments.admission;
  if (mode === "Off") return undefined;
  const { enabled, globalNamespaces, systemNamespaces = [] } = spec.isolation;
  const excluded = [...SYSTEM_NAMESPACES, operatorNamespace, spec.namespace, ...systemNamespaces];
  return {
    mode,
    denyCodes: spec.attachments.denyCodes ?? [],
    isolation: { enabled, globalNamespaces },
    multusNamespace: multusNamespaceOf(spec),
    version: spec.version,
    networksBefore: (namespace) => networksBefore(spec, namespace),
    excludedNamespaces: [...new Set(excluded)].toSorted(),
  };
}
