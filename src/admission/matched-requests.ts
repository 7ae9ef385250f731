import { REQUEST_ANNOTATIONS } from "./names.ts";
import type { AdmissionSettings } from "./settings.ts";

/** Which requests admission checks, by rules, namespaces and match conditions; the webhook's and the policies' alike. */

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
  /** A write to the status may change annotations too, as Multus does. Only the policies see it: no kubelet waits for a webhook. */
  podStatus: {
    apiGroups: [""],
    apiVersions: ["v1"],
    resources: ["pods/status"],
    operations: ["UPDATE"],
    scope: "Namespaced",
  },
  templates: [
    template("apps", ["deployments", "statefulsets", "daemonsets"]),
    template("batch", ["jobs", "cronjobs"]),
  ],
} as const;

function template(group: string, resources: readonly string[]) {
  return {
    apiGroups: [group],
    apiVersions: ["v1"],
    resources,
    operations: ["CREATE", "UPDATE"],
    scope: "Namespaced",
  };
}

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

/** Most pods ask for no network: they never leave the API server. */
export const POD_CONDITIONS = conditions([""]);

/** Where the pod's own metadata is: in a template, or in the template of a CronJob's jobs. */
export const TEMPLATE_CONDITIONS = conditions([".?spec.?template", ".?spec.?jobTemplate.?spec.?template"]);

/** @param paths where a pod may be in the object */
function conditions(paths: readonly string[]) {
  const places = paths.flatMap((path) =>
    REQUEST_ANNOTATIONS.map((name) => `${path}.?metadata.?annotations[?'${name}']`),
  );
  return [
    {
      name: "asks-for-networks",
      expression: places.map((place) => `object${place}.hasValue()`).join(" || "),
    },
    {
      name: "request-is-new",
      expression: [
        "request.operation == 'CREATE'",
        ...places.map((place) => `object${place} != oldObject${place}`),
      ].join(" || "),
    },
  ];
}
