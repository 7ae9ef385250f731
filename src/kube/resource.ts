import { UnknownKind } from "./errors.ts";

/** A kind of object as the API server serves it. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** One object by its place. */
export interface ObjectRef {
  type: ResourceType;
  namespace?: string;
  name: string;
}

/** The part of an object that this folder reads; all else passes through as it came. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

function type(apiVersion: string, kind: string, plural: string, namespaced: boolean): ResourceType {
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced,
  };
}

export const PODS = type("v1", "Pod", "pods", true);
export const NODES = type("v1", "Node", "nodes", false);
export const NAMESPACES = type("v1", "Namespace", "namespaces", false);
export const CONFIG_MAPS = type("v1", "ConfigMap", "configmaps", true);
export const SERVICE_ACCOUNTS = type("v1", "ServiceAccount", "serviceaccounts", true);
export const DAEMON_SETS = type("apps/v1", "DaemonSet", "daemonsets", true);
export const CLUSTER_ROLES = type("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false);
export const CLUSTER_ROLE_BINDINGS = type(
  "rbac.authorization.k8s.io/v1",
  "ClusterRoleBinding",
  "clusterrolebindings",
  false,
);
export const ROLES = type("rbac.authorization.k8s.io/v1", "Role", "roles", true);
export const ROLE_BINDINGS = type("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true);
export const CUSTOM_RESOURCE_DEFINITIONS = type(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
export const CERTIFICATE_SIGNING_REQUESTS = type(
  "certificates.k8s.io/v1",
  "CertificateSigningRequest",
  "certificatesigningrequests",
  false,
);
export const LEASES = type("coordination.k8s.io/v1", "Lease", "leases", true);
/** The kubelet's, under the name by which they can be selected by reason. */
export const CORE_EVENTS = type("v1", "Event", "events", true);
export const EVENTS = type("events.k8s.io/v1", "Event", "events", true);

const ADMISSION = "admissionregistration.k8s.io/v1";
export const VALIDATING_WEBHOOK_CONFIGURATIONS = type(
  ADMISSION,
  "ValidatingWebhookConfiguration",
  "validatingwebhookconfigurations",
  false,
);
export const VALIDATING_ADMISSION_POLICIES = type(
  ADMISSION,
  "ValidatingAdmissionPolicy",
  "validatingadmissionpolicies",
  false,
);
export const VALIDATING_ADMISSION_POLICY_BINDINGS = type(
  ADMISSION,
  "ValidatingAdmissionPolicyBinding",
  "validatingadmissionpolicybindings",
  false,
);

const KNOWN = [
  PODS,
  NODES,
  NAMESPACES,
  CONFIG_MAPS,
  SERVICE_ACCOUNTS,
  DAEMON_SETS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
  ROLES,
  ROLE_BINDINGS,
  CUSTOM_RESOURCE_DEFINITIONS,
  CERTIFICATE_SIGNING_REQUESTS,
  LEASES,
  EVENTS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
];

/** The type of a built-in object. Throws an UnknownKind if this program does not handle the kind. */
export function typeOf(object: { apiVersion: string; kind: string }): ResourceType {
  const found = KNOWN.find((t) => t.kind === object.kind && apiVersionOf(t) === object.apiVersion);
  if (!found) throw new UnknownKind(object);
  return found;
}

export function refOf(object: ApiObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return { type: typeOf(object), name, ...(namespace === undefined ? {} : { namespace }) };
}

export function apiVersionOf(t: ResourceType): string {
  return t.group === "" ? t.version : `${t.group}/${t.version}`;
}

/** The URL path of a collection, without a query: of one namespace, or of all. */
export function collectionPath(t: ResourceType, namespace?: string): string {
  const root = t.group === "" ? `/api/${t.version}` : `/apis/${t.group}/${t.version}`;
  return namespace === undefined
    ? `${root}/${t.plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${t.plural}`;
}

/** The URL path of one object. Names keep their case (`system:Foo`). */
export function pathOf(ref: ObjectRef, subresource?: string): string {
  if (ref.type.namespaced && !ref.namespace)
    throw new Error(`${ref.type.kind} ${ref.name} requires a namespace`);
  const path = `${collectionPath(ref.type, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** "DaemonSet kube-system/kube-multus-ds", human-readable. */
export function describe(ref: ObjectRef): string {
  return `${ref.type.kind} ${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}`;
}

/** "namespace/name", or the name alone. */
export function keyOf(object: ApiObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
