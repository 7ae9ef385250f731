import { IMAGES } from "../images.ts";
import { PRIMARY_CONFLIST, primaryConflist } from "../primary-network.ts";

const NAME = "default-network";
const NAMESPACE = "kube-system";
const POD_CIDR = "POD_CIDR";

/**
 * The primary network of a cluster on the self-made node image: on each node the conflist that the test cluster has, and a
 * route to each other node's pods. A List, as `kubectl create -f -` takes it.
 */
export function defaultNetwork(): object {
  const metadata = { name: NAME, namespace: NAMESPACE };
  const rbac = "rbac.authorization.k8s.io";
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRole",
        metadata: { name: NAME },
        rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] }],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name: NAME },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: NAME },
        subjects: [{ kind: "ServiceAccount", name: NAME, namespace: NAMESPACE }],
      },
      {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata,
        spec: { selector: { matchLabels: { app: NAME } }, template: podTemplate() },
      },
    ],
  };
}

function podTemplate(): object {
  const host = (name: string, path: string, type: string) => ({ name, hostPath: { path, type } });
  return {
    metadata: { labels: { app: NAME } },
    spec: {
      serviceAccountName: NAME,
      hostNetwork: true,
      tolerations: [{ operator: "Exists" }],
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "main",
          image: IMAGES.busybox,
          imagePullPolicy: "Never",
          command: ["sh", "-c", script()],
          env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
          securityContext: { privileged: true },
          volumeMounts: [
            { name: "kubectl", mountPath: "/usr/bin/kubectl", readOnly: true },
            { name: "cni", mountPath: "/etc/cni/net.d" },
          ],
        },
      ],
      // busybox has no kubectl: the node's is a static program.
      volumes: [
        host("kubectl", "/usr/bin/kubectl", "File"),
        host("cni", "/etc/cni/net.d", "DirectoryOrCreate"),
      ],
    },
  };
}

/** The conflist is written once, in one step: it belongs to the node afterwards, and a test may edit it. */
function script(): string {
  const fields = ["metadata.name", "spec.podCIDR", 'status.addresses[?(@.type=="InternalIP")].address'];
  const columns = fields.map((field) => `{.${field}}`).join(" ");
  return `
while :; do
  kubectl get nodes -o 'jsonpath={range .items[*]}${columns}{"\\n"}{end}' |
    while read -r name cidr address; do
      if [ -z "$cidr" ]; then continue; fi
      if [ "$name" != "$NODE" ]; then ip route replace "$cidr" via "$address"; continue; fi
      if [ -e ${PRIMARY_CONFLIST} ]; then continue; fi
      echo '${JSON.stringify(primaryConflist([POD_CIDR]))}' | sed "s|${POD_CIDR}|$cidr|" > ${PRIMARY_CONFLIST}.new
      mv ${PRIMARY_CONFLIST}.new ${PRIMARY_CONFLIST}
    done
  sleep 3
done
`;
}
