import { MULTUS_INSTALL } from "../../crds/multus-install/multus-install.ts";
import type { ResourceType } from "../../kube/resource.ts";

/** The kinds that the plugin reads beside those that the engine knows. */
export const MULTUS_INSTALLS: ResourceType = MULTUS_INSTALL;

export const DEPLOYMENTS: ResourceType = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};
