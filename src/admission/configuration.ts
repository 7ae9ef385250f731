import type { KubeObject } from "../crds/kube-object.ts";
import {
  NETWORK_CONDITIONS,
  namespaceSelector,
  POD_CONDITIONS,
  RESOURCES,
  TEMPLATE_CONDITIONS,
} from "./matched-requests.ts";
import { WEBHOOK_CONFIGURATION, WEBHOOK_SERVICE } from "./names.ts";
import type { AdmissionSettings } from "./settings.ts";

/** How the API server reaches the webhook: by the Service before the replicas, or a replica outside of the cluster by its URL. */
export type WebhookAddress = { namespace: string } | { url: string };

/** The API server waits no longer for an answer, and then goes on without one, s. */
const TIMEOUT_SECONDS = 3;

/**
 * The ValidatingWebhookConfiguration.
 *
 * @param path where replicas answer (secret-path.ts)
 * @param trusted the certificates that replicas serve with, PEM
 * @param metadata labels and owners
 */
export function webhookConfiguration(
  settings: AdmissionSettings,
  address: WebhookAddress,
  path: string,
  trusted: string,
  metadata: object,
): KubeObject {
  const webhook = (name: string, rules: readonly object[], matchConditions: readonly object[]) => ({
    name: `${name}.admission.multus-operator.dev`,
    admissionReviewVersions: ["v1"],
    clientConfig: {
      ...whereabouts(address, path),
      caBundle: Buffer.from(trusted).toString("base64"),
    },
    rules,
    matchPolicy: "Equivalent",
    matchConditions,
    namespaceSelector: namespaceSelector(settings),
    objectSelector: {},
    // An operator that is down must not stop a cluster (docs/adr/0010).
    failurePolicy: "Ignore",
    sideEffects: "None",
    timeoutSeconds: TIMEOUT_SECONDS,
  });
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { ...metadata, name: WEBHOOK_CONFIGURATION },
    webhooks: [
      webhook("networks", [RESOURCES.networks], NETWORK_CONDITIONS),
      webhook("pods", [RESOURCES.pods], POD_CONDITIONS),
      webhook("templates", RESOURCES.templates, TEMPLATE_CONDITIONS),
    ],
  };
}

/** The DNS name or IP address that the API server calls, and that the webhook's certificate must have. */
export function hostOf(address: WebhookAddress): string {
  if ("url" in address) return new URL(address.url).hostname.replace(/^\[(.*)\]$/, "$1");
  return `${WEBHOOK_SERVICE}.${address.namespace}.svc`;
}

/** The names of the webhook's certificate; the first is the one that the API server calls. */
export function hostsOf(address: WebhookAddress): string[] {
  const host = hostOf(address);
  return "url" in address ? [host] : [host, `${host}.cluster.local`];
}

function whereabouts(address: WebhookAddress, path: string): object {
  if ("url" in address) return { url: `${address.url}${path}` };
  return {
    service: { name: WEBHOOK_SERVICE, namespace: address.namespace, path, port: 443 },
  };
}
