import type { ResourceType } from "../../kube/resource.ts";

/** The kinds that the plugin reads in addition to those that the engine knows. */
export const DEPLOYMENTS: ResourceType = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};
