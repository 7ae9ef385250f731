import { DEFAULT_NETWORK } from "../networks/pod-request/default-network.ts";

/** The names by which the operator's role, the chart and the API server know the parts of admission. */

export const WEBHOOK_CONFIGURATION = "multus-operator";
export const NETWORKS_POLICY = "multus-operator-networks";
export const REQUESTS_POLICY = "multus-operator-requests";
/** The Service before the replicas, in the operator's namespace. */
export const WEBHOOK_SERVICE = "multus-operator-webhook";
/** The ConfigMap in which replicas publish their certificates, in the operator's namespace. */
export const CERTIFICATES = "multus-operator-webhook";
/** What the webhook's path begins with (secret-path.ts). */
export const WEBHOOK_PATH = "/validate";

/** On the webhook configuration: the policies are in place, which are applied before it. */
export const WITH_POLICIES = "multus-operator.dev/with-policies";

/** What a pod asks Multus for (multi-network standard, 4.1; Multus' own for the first interface). */
export const NETWORKS_ANNOTATION = "k8s.v1.cni.cncf.io/networks";
export const REQUEST_ANNOTATIONS = [NETWORKS_ANNOTATION, DEFAULT_NETWORK] as const;

/** Kubernetes' own namespaces: what runs there must start whatever admission says. */
export const SYSTEM_NAMESPACES = ["kube-system", "kube-public", "kube-node-lease"] as const;
