import { REQUEST_ANNOTATIONS } from "./names.ts";
import type { AdmissionSettings } from "./settings.ts";

/** Which requests admission looks at, the webhook's and the policies' alike. */

export const RESOURCES = {
  networks: {
    apiGroups: ["k8s.cni.cncf.io"],
    apiVersions: ["v1"],
    resources: ["network-attachment-definitions"],
    operations: ["CREATE", "UPDATE"],
    scope: "Namespaced",
  },
  pods: {
    apiGroups: [""],
    apiVersions: ["v1"],
    resources: ["pods"],
    operations: ["CREATE", "UPDATE"],
    scope: "Namespaced",
  },
} as const;

/** Namespaces carry their name as a label of their own (Kubernetes 1.21). */
export function namespaceSelector({ excludedNamespaces }: AdmissionSettings) {
  return {
    matchExpressions: [
      { key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...excludedNamespaces] },
    ],
  };
}

/**
 * An object that was there before, wrong as it may be, can still be labelled, and be deleted with its
 * finalizers: only what is being changed is looked at.
 */
export const NETWORK_CONDITIONS = [
  {
    name: "config-is-new",
    expression: "request.operation == 'CREATE' || object.?spec.?config != oldObject.?spec.?config",
  },
];

const annotation = (object: string, name: string) => `${object}.metadata.?annotations[?'${name}']`;

/** Most pods ask for no network: they never leave the API server. */
export const POD_CONDITIONS = [
  {
    name: "asks-for-networks",
    expression: REQUEST_ANNOTATIONS.map((name) => `${annotation("object", name)}.hasValue()`).join(" || "),
  },
  {
    name: "request-is-new",
    expression: [
      "request.operation == 'CREATE'",
      ...REQUEST_ANNOTATIONS.map(
        (name) => `${annotation("object", name)} != ${annotation("oldObject", name)}`,
      ),
    ].join(" || "),
  },
];
