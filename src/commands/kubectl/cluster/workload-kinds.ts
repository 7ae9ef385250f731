import type { ResourceType } from "../../../kube/resource.ts";

const apps = (kind: string, plural: string): ResourceType => ({
  group: "apps",
  version: "v1",
  kind,
  plural,
  namespaced: true,
});

/** The kinds that the plugin reads in addition to those that the engine knows. */
export const DEPLOYMENTS = apps("Deployment", "deployments");
export const REPLICA_SETS = apps("ReplicaSet", "replicasets");
export const STATEFUL_SETS = apps("StatefulSet", "statefulsets");
export const CRON_JOBS: ResourceType = {
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  namespaced: true,
};
export const JOBS: ResourceType = {
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
};
