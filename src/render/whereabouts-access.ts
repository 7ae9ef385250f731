import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";
import { WHEREABOUTS, WHEREABOUTS_ROLE } from "./whereabouts-names.ts";

const RBAC = "rbac.authorization.k8s.io";
const GROUP = "whereabouts.cni.cncf.io";

/**
 * What whereabouts may do. Upstream gives one ClusterRole, with every verb on Leases and writes of pools everywhere. Its
 * programs read in all namespaces (the informers of cmd/controlloop, ListIPPools, ListPods and ListOverlappingIPs of
 * pkg/storage/kubernetes) and write pools, reservations and one Lease in their own namespace only.
 */
export function whereaboutsAccess(install: MultusInstall): KubeObject[] {
  const labels = ownerLabels(install);
  const { namespace } = install.spec;
  const subjects = [{ kind: "ServiceAccount", name: WHEREABOUTS, namespace }];
  const role = (kind: string) => ({ apiGroup: RBAC, kind, name: WHEREABOUTS_ROLE });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: WHEREABOUTS, namespace, labels } },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name: WHEREABOUTS_ROLE, labels },
      rules: [
        rule([GROUP], ["ippools"], ["get", "list", "watch"]),
        rule([GROUP], ["overlappingrangeipreservations"], ["list"]),
        rule([""], ["pods"], ["get", "list", "watch"]),
        rule([""], ["nodes"], ["get"]),
        rule(["k8s.cni.cncf.io"], ["network-attachment-definitions"], ["get", "list", "watch"]),
        rule(["", "events.k8s.io"], ["events"], ["create", "patch"]),
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: WHEREABOUTS, labels },
      roleRef: role("ClusterRole"),
      subjects,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "Role",
      metadata: { name: WHEREABOUTS_ROLE, namespace, labels },
      rules: [
        rule([GROUP], ["ippools"], ["create", "patch"]),
        rule([GROUP], ["overlappingrangeipreservations"], ["get", "create", "delete"]),
        // One for all pools, unless node slices are used (newLeaderElector). The name of a new one cannot be restricted.
        rule(["coordination.k8s.io"], ["leases"], ["create"]),
        { ...rule(["coordination.k8s.io"], ["leases"], ["get", "update"]), resourceNames: [WHEREABOUTS] },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { name: WHEREABOUTS, namespace, labels },
      roleRef: role("Role"),
      subjects,
    },
  ];
}

function rule(apiGroups: string[], resources: string[], verbs: string[]) {
  return { apiGroups, resources, verbs };
}
