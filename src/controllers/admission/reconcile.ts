import { hostOf, type WebhookAddress, webhookConfiguration } from "../../admission/configuration.ts";
import {
  NETWORKS_POLICY,
  REQUESTS_POLICY,
  WEBHOOK_CONFIGURATION,
  WITH_POLICIES,
} from "../../admission/names.ts";
import { policies } from "../../admission/policies.ts";
import { calledPath, isSecret } from "../../admission/secret-path.ts";
import { settingsOf } from "../../admission/settings.ts";
import { trustBundle } from "../../admission/trust.ts";
import type { KubeObject } from "../../crds/kube-object.ts";
import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ReconcileContext, Result } from "../../kube/controller.ts";
import {
  type ApiObject,
  CLUSTER_ROLES,
  describe,
  type ObjectRef,
  refOf,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../kube/resource.ts";
import { ownerLabels } from "../../render/labels.ts";
import type { Applier } from "../shared/applier.ts";
import { isOwn } from "../shared/ownership.ts";
import type { DepartedReplicas } from "./departed-replicas.ts";
import type { ClusterView } from "./view.ts";

export interface Dependencies {
  client: KubeClient;
  applier: Applier;
  view: ClusterView;
  /** The live copies of the objects of `OBJECTS`. */
  live: (ref: ObjectRef) => ApiObject | undefined;
  /** Undefined where no replica serves the webhook. */
  address: WebhookAddress | undefined;
  /** Where the webhook is called if the live configuration has no secret path yet. */
  path: string;
  /** Whether the API server has ValidatingAdmissionPolicies. */
  hasPolicies: boolean;
  /** The operator's own. */
  namespace: string;
  now: () => Date;
  departed: DepartedReplicas;
}

const policyRefs = [NETWORKS_POLICY, REQUESTS_POLICY].flatMap((name) => [
  { type: VALIDATING_ADMISSION_POLICY_BINDINGS, name },
  { type: VALIDATING_ADMISSION_POLICIES, name },
]);
/** Everything that admission has in a cluster, in the order in which it is deleted. */
export const OBJECTS = {
  webhook: { type: VALIDATING_WEBHOOK_CONFIGURATIONS, name: WEBHOOK_CONFIGURATION },
  policies: policyRefs,
};
/** Certificates end: they are looked at again after this, s. */
const RECHECK_SECONDS = 24 * 3600;

/** Brings webhook configuration and policies to what the MultusInstall that counts says, and takes them away without one. */
export async function reconcile(deps: Dependencies, context: ReconcileContext): Promise<Result> {
  const { view } = deps;
  const { install } = view;
  // One that cannot be read is being fixed: what is there stays as it is.
  if (!install && view.liveInstall && !view.liveInstall.metadata.deletionTimestamp) return {};
  const paused = install?.spec.paused ?? false;
  const wanted = install ? await objectsFor(install, deps, context.signal) : [];
  // A pause holds back everything but the certificates that the webhook is trusted by.
  for (const object of wanted)
    if (!paused || (object.kind === OBJECTS.webhook.type.kind && view.webhookConfiguration))
      await apply(paused ? withTrustOf(object, view.webhookConfiguration) : object, deps, context);
  if (!paused) await removeOthers(wanted, deps, context);
  await deps.departed.forget(context.signal);
  return wanted.length > 0 ? { requeueAfterSeconds: RECHECK_SECONDS } : {};
}

async function objectsFor(
  install: MultusInstall,
  deps: Dependencies,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const settings = settingsOf(install, deps.namespace);
  if (!settings) return [];
  const metadata = { labels: ownerLabels(install), ...(await ownedByRole(deps, signal)) };
  const announcing = { ...metadata, annotations: { [WITH_POLICIES]: String(deps.hasPolicies) } };
  const { address } = deps;
  const trusted = address ? trustBundle(deps.view.published ?? {}, hostOf(address), deps.now()) : "";
  const called = calledPath(deps.view.webhookConfiguration);
  const path = isSecret(called) ? called : deps.path;
  return [
    ...(deps.hasPolicies ? policies(settings, metadata) : []),
    ...(address && trusted ? [webhookConfiguration(settings, address, path, trusted, announcing)] : []),
  ];
}

/**
 * The operator's cluster role is the one cluster-wide object of its chart: whoever uninstalls the chart deletes
 * it, and the garbage collector these objects after it. Outside of a cluster there is none.
 */
async function ownedByRole({ client }: Dependencies, signal: AbortSignal): Promise<object> {
  const role = await client.get<ApiObject>({ type: CLUSTER_ROLES, name: "multus-operator" }, { signal });
  if (!role) return {};
  const { name, uid } = role.metadata;
  return {
    ownerReferences: [{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name, uid }],
  };
}

async function apply(object: KubeObject, { applier }: Dependencies, { log, signal }: ReconcileContext) {
  if (await applier.apply(object, signal)) log.info({ applied: describe(refOf(object)) }, "applied");
}

async function removeOthers(
  wanted: readonly KubeObject[],
  { client, live, hasPolicies }: Dependencies,
  { log, signal }: ReconcileContext,
): Promise<void> {
  const kept = new Set(wanted.map((object) => describe(refOf(object))));
  for (const ref of [OBJECTS.webhook, ...(hasPolicies ? OBJECTS.policies : [])]) {
    const found = live(ref);
    if (kept.has(describe(ref)) || !found || !isOwn(found)) continue;
    const { uid } = found.metadata;
    if (await client.delete(ref, { ...(uid ? { preconditions: { uid } } : {}), signal }))
      log.info({ deleted: describe(ref) }, "deleted");
  }
}

/** The live configuration with the new certificates: everything else stays as it is in a pause. */
function withTrustOf(wanted: KubeObject, live: ApiObject | undefined): KubeObject {
  type Webhook = { name: string; clientConfig: { caBundle?: string } };
  const of = (object: Record<string, unknown> | undefined) => (object?.webhooks ?? []) as Webhook[];
  const caBundle = of({ ...wanted })[0]?.clientConfig.caBundle;
  const webhooks = of(live).map((webhook) => ({
    ...webhook,
    clientConfig: { ...webhook.clientConfig, ...(caBundle ? { caBundle } : {}) },
  }));
  return { ...wanted, webhooks };
}
