import { checkNetwork } from "./check-network.ts";
import { checkPod, type Pod, type PodContext } from "./check-pod.ts";
import type { Findings } from "./findings.ts";
import {
  type AdmissionRequest,
  type AdmissionResponse,
  networkOf,
  parseReview,
  podOf,
  podOfTemplate,
  respond,
  type Verdict,
} from "./review.ts";
import type { AdmissionSettings } from "./settings.ts";

/** What the replica knows of the cluster. */
export interface AdmissionView {
  /** Undefined where admission is off, or not known yet. */
  settings: AdmissionSettings | undefined;
  network: PodContext["network"];
}

export interface Reviewed {
  /** The AdmissionReview that is answered. */
  body: object;
  resource: string;
  verdict: Verdict;
}

/**
 * Answers one AdmissionReview. Throws a ZodError where the value is none: the caller answers that with an
 * error, and the API server goes on without an answer.
 */
export async function reviewed(value: unknown, view: AdmissionView): Promise<Reviewed> {
  const request = parseReview(value);
  const { settings } = view;
  const findings = settings ? await check(request, settings, view.network) : { problems: [], warnings: [] };
  const { response, verdict } = respond(request.uid, findings, settings?.mode ?? "Off");
  return { body: answer(response), resource: request.resource.resource, verdict };
}

async function check(
  request: AdmissionRequest,
  { isolation, denyCodes }: AdmissionSettings,
  network: PodContext["network"],
): Promise<Findings> {
  const { group, resource } = request.resource;
  switch (`${resource}.${group}`) {
    case "network-attachment-definitions.k8s.cni.cncf.io":
      return named(checkNetwork(networkOf(request), denyCodes), networkOf(request).name);
    case "pods.":
      return await checkPod(podOf(request), { isolation, network });
    case "deployments.apps":
    case "statefulsets.apps":
    case "daemonsets.apps":
    case "jobs.batch":
    case "cronjobs.batch":
      return await checkTemplate(podOfTemplate(request), { isolation, network });
    default:
      return { problems: [], warnings: [] };
  }
}

/** The API server does not name the object, and kubectl apply -f DIRECTORY sends many. */
function named({ forbidden, problems, warnings }: Findings, name: string): Findings {
  const subject = name === "" ? "" : `NetworkAttachmentDefinition ${name}: `;
  const prefixed = (sentences: readonly string[]) => sentences.map((sentence) => `${subject}${sentence}`);
  return {
    ...(forbidden ? { forbidden: prefixed(forbidden) } : {}),
    problems: prefixed(problems),
    warnings: prefixed(warnings),
  };
}

/** Its pods are what Multus sees: they are refused, where they are, and who wrote the template is told beforehand. */
async function checkTemplate(pod: Pod, context: PodContext): Promise<Findings> {
  const { problems, warnings } = await checkPod(pod, context);
  return {
    problems: [],
    warnings: [...problems, ...warnings].map((sentence) => `the template's ${sentence}`),
  };
}

function answer(response: AdmissionResponse): object {
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
}
