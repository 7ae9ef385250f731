import type { KubeClient } from "../../src/kube/client.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { waitUntil } from "./daemon.ts";

/*
 * A running API server decides by what it has read of etcd, which is a moment older than what is stored. It reads the
 * objects of each kind in the order in which they were written: once it follows one that was written last, the marker, it
 * has read all before.
 */

const RBAC = "rbac.authorization.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";
const NAMESPACE = "default";
const WEBHOOKS = ["mutating", "validating"];

/** Returns when RBAC is decided by what is stored now. Leaves objects named `marker`. */
export async function untilRbacIsRead(client: KubeClient, marker: string): Promise<void> {
  for (const scope of ["Cluster", ""]) {
    const metadata = { name: marker, ...(scope ? {} : { namespace: NAMESPACE }) };
    const rules = [{ apiGroups: [marker], resources: [`marked${scope}`], verbs: ["get"] }];
    await create(client, RBAC, { kind: `${scope}Role`, metadata, rules });
    await create(client, RBAC, {
      ...{ kind: `${scope}RoleBinding`, metadata },
      roleRef: { apiGroup: RBAC, kind: `${scope}Role`, name: marker },
      subjects: [{ apiGroup: RBAC, kind: "User", name: marker }],
    });
  }
  for (const resource of ["markedCluster", "marked"])
    await waitUntil("RBAC to be read", () => isAllowed(client, marker, resource), { everyMs: 10 });
}

async function isAllowed(client: KubeClient, marker: string, resource: string): Promise<boolean> {
  const resourceAttributes = { group: marker, resource, verb: "get", namespace: NAMESPACE };
  const { status } = await client.json<{ status: { allowed: boolean } }>({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: marker, resourceAttributes },
    },
  });
  return status.allowed;
}

/**
 * Returns when requests are admitted by the validating policies and the webhooks that are stored now; the API server reads
 * policies once a second. Leaves objects named `marker`, which apply only to objects of that name.
 */
export async function untilAdmissionIsRead(client: KubeClient, marker: string): Promise<void> {
  const metadata = { name: marker };
  const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }];
  const only = (kind: string) => [
    { name: "marker", expression: `object.metadata.name == "${marker}-${kind}"` },
  ];
  await create(client, ADMISSION, {
    ...{ kind: "ValidatingAdmissionPolicy", metadata },
    spec: {
      matchConstraints: { resourceRules: rules },
      matchConditions: only("policy"),
      validations: [{ expression: "false", message: `${marker}.` }],
    },
  });
  await create(client, ADMISSION, {
    ...{ kind: "ValidatingAdmissionPolicyBinding", metadata },
    spec: { policyName: marker, validationActions: ["Deny"] },
  });
  for (const kind of WEBHOOKS)
    await create(client, ADMISSION, {
      ...{ kind: `${kind === "mutating" ? "Mutating" : "Validating"}WebhookConfiguration`, metadata },
      webhooks: [
        {
          name: `${marker}.example.com`,
          admissionReviewVersions: ["v1"],
          clientConfig: { url: "https://127.0.0.1:1" }, // no server listens on port 1
          ...{ rules, matchConditions: only(kind), failurePolicy: "Fail", sideEffects: "None" },
        },
      ],
    });
  for (const kind of [...WEBHOOKS, "policy"])
    await waitUntil("admission to be read", () => isDenied(client, marker, kind), { everyMs: 50 });
}

/** Whether the marker rejects; what a file has left may still do so, too. */
async function isDenied(client: KubeClient, marker: string, kind: string): Promise<boolean> {
  try {
    await client.json({
      method: "POST",
      path: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      query: { dryRun: "All" },
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${marker}-${kind}` } },
    });
    return false;
  } catch (error) {
    if (error instanceof ApiError) return error.statusMessage.includes(`${marker}.`);
    throw error;
  }
}

interface Created {
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

async function create(client: KubeClient, group: string, object: Created): Promise<void> {
  const { kind, metadata } = object;
  const plural = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  const namespace = metadata.namespace ? `/namespaces/${metadata.namespace}` : "";
  const body = { apiVersion: `${group}/v1`, ...object };
  await client.json({ method: "POST", path: `/apis/${group}/v1${namespace}/${plural}`, body });
}
