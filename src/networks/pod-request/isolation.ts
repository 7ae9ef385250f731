/** Multus' namespace isolation, as the MultusInstall or Multus' own configuration sets it. */
export interface Isolation {
  enabled: boolean;
  /** Namespaces whose NADs every pod may use; if none is named it is "default" (GetDefaultNetConf). */
  globalNamespaces: readonly string[];
}

/** Whether Multus lets a pod use a NAD of that namespace (pkg/k8sclient, GetNetworkDelegates). */
export function mayUse(podNamespace: string, nadNamespace: string, isolation: Isolation): boolean {
  if (!isolation.enabled || podNamespace === nadNamespace) return true;
  return globalNamespacesOf(isolation).includes(nadNamespace);
}

/** The namespaces whose NADs every pod may use. */
export function globalNamespacesOf({ globalNamespaces }: Isolation): readonly string[] {
  return globalNamespaces.length > 0 ? globalNamespaces : ["default"];
}
