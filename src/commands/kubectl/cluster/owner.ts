import type { ApiObject, ResourceType } from "../../../kube/resource.ts";
import { DAEMON_SETS } from "../../../kube/resource.ts";
import type { ExplainedPod } from "../../../networks/explain/input.ts";
import { NETWORKS } from "../../../networks/pod-request/request.ts";
import type { PermittedReader } from "./permitted-reader.ts";
import { JOBS, REPLICA_SETS, STATEFUL_SETS } from "./workload-kinds.ts";

/** Workloads that users write annotations on. A Deployment's are copied to its ReplicaSets. */
const WORKLOADS: readonly ResourceType[] = [REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS];

interface OwnerReference {
  kind: string;
  name: string;
  controller?: boolean;
}

/** The workload that created the pod, and whether it carries the annotation that belongs to its template; read only if the pod has none. */
export async function ownerOf(reader: PermittedReader, pod: ApiObject): Promise<ExplainedPod["owner"]> {
  const { ownerReferences, namespace = "", annotations } = pod.metadata;
  const owner = ((ownerReferences ?? []) as OwnerReference[]).find(({ controller }) => controller);
  if (!owner) return undefined;
  const type = WORKLOADS.find(({ kind }) => kind === owner.kind);
  const workload =
    type && !annotations?.[NETWORKS]
      ? await reader.tryRead(() => reader.client.get({ type, namespace, name: owner.name }))
      : undefined;
  return {
    kind: owner.kind,
    name: owner.name,
    annotated: workload?.metadata.annotations?.[NETWORKS] !== undefined,
  };
}
