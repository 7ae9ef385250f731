import type { MultusInstall } from "../crds/multus-install/multus-install.ts";

/** By this label the operator knows an object as its own. */
export const MANAGED_BY = "app.kubernetes.io/managed-by";
export const MANAGER = "multus-operator";
export const INSTALL = "multus-operator.dev/install";

/** tier and app are upstream's, which users' scripts select by. */
export function ownerLabels(install: MultusInstall): Record<string, string> {
  return { [MANAGED_BY]: MANAGER, [INSTALL]: install.metadata.name };
}

export const UPSTREAM_LABELS = { tier: "node", app: "multus" };
