import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import {
  type ApiObject,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DAEMON_SETS,
  describe,
  type ObjectRef,
  SERVICE_ACCOUNTS,
} from "../../src/kube/resource.ts";

/** What of a cluster must be the same after a fault as without it. */

export interface Found {
  metadata: Record<string, unknown> & { name: string; generation?: number };
  status?: { observedGeneration?: number; conditions?: Condition[]; inventory?: unknown };
  [field: string]: unknown;
}
export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration: number;
}

/** Everything that the installs of these tests own, and the install; a name that is missing was not found. */
const WATCHED: ObjectRef[] = [
  { type: MULTUS_INSTALL, name: "multus" },
  { type: SERVICE_ACCOUNTS, namespace: "kube-system", name: "multus" },
  { type: CLUSTER_ROLES, name: "multus" },
  { type: CLUSTER_ROLE_BINDINGS, name: "multus" },
  { type: CONFIG_MAPS, namespace: "kube-system", name: "multus-daemon-config" },
  { type: CONFIG_MAPS, namespace: "kube-system", name: "multus-cni-config" },
  { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" },
];

/** Names and contents, without what each run has of its own. */
export async function clusterState(observer: KubeClient): Promise<Record<string, unknown>> {
  const found = await Promise.all(
    WATCHED.map(async (ref) => [describe(ref), await observer.get<ApiObject>(ref)] as const),
  );
  return Object.fromEntries(found.flatMap(([name, object]) => (object ? [[name, lasting(object)]] : [])));
}

/** A DaemonSet's generation stays in: a fault must not roll pods out once more. */
function lasting(object: ApiObject): unknown {
  const { metadata, status, ...rest } = object as unknown as Found;
  const { uid, resourceVersion, creationTimestamp, managedFields, generation, ...kept } = metadata;
  const isInstall = rest.kind === "MultusInstall";
  return {
    ...rest,
    metadata: isInstall ? kept : { ...kept, generation },
    ...(isInstall
      ? {
          inventory: status?.inventory,
          conditions: status?.conditions?.map(({ type, status: value, reason }) => ({ type, value, reason })),
        }
      : {}),
  };
}
