import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";

const NAME = "multus";
const RBAC = "rbac.authorization.k8s.io";

/**
 * What Multus may do. Upstream gives every verb on k8s.cni.cncf.io/*; Multus reads NADs, reads pods, writes
 * their network-status (`update` of pods/status, see k8sclient.SetPodNetworkStatusAnnotation) and sends
 * events, and that is all that this role allows. The thick daemon also watches, for its informers.
 */
export function access(install: MultusInstall): KubeObject[] {
  const labels = ownerLabels(install);
  const namespace = install.spec.namespace;
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: NAME, namespace, labels },
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name: NAME, labels },
      rules: [
        rule(["k8s.cni.cncf.io"], ["network-attachment-definitions"], ["get", "list", "watch"]),
        rule([""], ["pods"], ["get", "list", "watch", "update", "patch"]),
        rule([""], ["pods/status"], ["get", "update", "patch"]),
        rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]),
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: NAME, labels },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: NAME },
      subjects: [{ kind: "ServiceAccount", name: NAME, namespace }],
    },
  ];
}

function rule(apiGroups: string[], resources: string[], verbs: string[]) {
  return { apiGroups, resources, verbs };
}
