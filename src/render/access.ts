import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { compareReleases } from "../crds/multus-install/release.ts";
import { hasCertificates } from "../multus/daemon-config.ts";
import { flavourOf } from "../multus/releases.ts";
import { ownerLabels } from "./labels.ts";

const NAME = "multus";
const RBAC = "rbac.authorization.k8s.io";
/** The group of every daemon's certificate (pkg/k8sclient of Multus). */
export const MULTUS_GROUP = "system:multus";

/**
 * What Multus may do. Upstream gives every verb on k8s.cni.cncf.io/* and `update` of pods; Multus reads NADs
 * and pods, writes their network-status by `update` of pods/status (SetNetworkStatus of the
 * network-attachment-definition-client) and sends events, and that is all that this role allows. Only the
 * thick daemon lists and watches, for its informers (pkg/server/server.go). A daemon with a certificate asks for
 * the next one with it, and uses no service account.
 */
export function access(install: MultusInstall): KubeObject[] {
  const labels = ownerLabels(install);
  const namespace = install.spec.namespace;
  const certificates = hasCertificates(install.spec);
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
        ...(readsClaims(install.spec)
          ? [
              rule(
                ["resource.k8s.io"],
                ["resourceclaims", "resourceclaims/status", "resourceslices"],
                ["get", "list"],
              ),
            ]
          : []),
        rule(["", "events.k8s.io"], ["events"], ["create", "patch"]),
        ...(certificates
          ? [
              rule(
                ["certificates.k8s.io"],
                ["certificatesigningrequests"],
                ["create", "get", "list", "watch"],
              ),
            ]
          : []),
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: NAME, labels },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: NAME },
      subjects: [certificates ? GROUP : serviceAccount(namespace)],
    },
  ];
}

const readsClaims = ({ version }: MultusInstall["spec"]) => compareReleases(version, "v4.3.1") >= 0;

/** Who Multus may be to the API server: pods with one service account, or daemons with certificates of one group. */
export function multusSubjects({ spec: { namespace } }: MultusInstall): object[] {
  return [serviceAccount(namespace), GROUP];
}

const GROUP = { kind: "Group", apiGroup: RBAC, name: MULTUS_GROUP };
const serviceAccount = (namespace: string) => ({ kind: "ServiceAccount", name: NAME, namespace });

function rule(apiGroups: string[], resources: string[], verbs: string[]) {
  return { apiGroups, resources, verbs };
}
