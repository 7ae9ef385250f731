import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** Multus' default of its key multusNamespace, which the configuration of a thin entrypoint does not have. */
export const DEFAULT_MULTUS_NAMESPACE = "kube-system";

/** Where Multus looks for the NAD of an annotation `v1.multus-cni.io/default-network` without a namespace. */
export function multusNamespaceOf({
  mode,
  namespace,
}: Pick<MultusInstallSpec, "mode" | "namespace">): string {
  return mode === "Thick" ? namespace : DEFAULT_MULTUS_NAMESPACE;
}
