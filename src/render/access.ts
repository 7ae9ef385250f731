import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { flavourOf } from "../multus/releases.ts";
import { ownerLabels } from "./labels.ts";

const NAME = "multus";
const RBAC = "rbac.authorization.k8s.io";

/**
 * What Multus may do. Upstream gives every verb on k8s.cni.cncf.io/* and `update` of pods; Multus reads NADs
 * and pods, writes their network-status by `update` of pods/status (SetNetworkStatus of the
 * network-attachment-definition-client) and sends events, and that is all that this role allows. Only the
 * thick daemon lists and watches, for its informers (pkg/server/server.go).
 */
export function access(install: MultusInstall): KubeObject[] {
  const labels = ownerLabels(install);
  const namespace = install.spec.namespace;
  const read = flavourOf(install.spec) === "v4-thick" ? ["get", "list", "watch"] : ["get"];
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
        rule(["k8s.cni.cncf.io"], ["network-attachment-definitions"], read),
        rule([""], ["pods"], read),
        rule([""], ["pods/status"], ["update"]),
        rule(["", "events.k8s.io"], ["events"], ["create", "patch"]),
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
