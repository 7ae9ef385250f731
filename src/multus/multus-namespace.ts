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

/**
 * The NAD that is the primary network of every pod, as "namespace/name": one with the name in daemon.clusterNetwork goes before
 * a file of the node (getNetDelegate of pkg/k8sclient). Undefined if the install names none, or a path.
 */
export function clusterNetworkOf(
  spec: Pick<MultusInstallSpec, "mode" | "namespace"> & {
    daemon?: { clusterNetwork?: string | undefined } | undefined;
  },
): string | undefined {
  const name = spec.daemon?.clusterNetwork;
  return name === undefined || name.includes("/") ? undefined : `${multusNamespaceOf(spec)}/${name}`;
}
