import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { TaskOwner } from "./task-pod.ts";

/** Whose the pods are that run on nodes for an install. */
export function taskOwner({ metadata, spec }: MultusInstall): TaskOwner {
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    namespace: spec.namespace,
    pullSecrets: spec.image.pullSecrets,
    priorityClassName: spec.workload.priorityClassName,
  };
}
