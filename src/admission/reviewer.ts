import {
  type AdmissionRequest,
  type AdmissionResponse,
  networkOf,
  parseReview,
  podOf,
  podOfTemplate,
  respond,
  type Verdict,
} from "./admission-review.ts";
import { checkNetwork } from "./check-network.ts";
import { checkPod, type Pod, type PodContext } from "./check-pod.ts";
import type { Findings } from "./findings.ts";
import { REQUEST_ANNOTATIONS } from "./names.ts";
import { breaks, CONFIG_RULES, REQUEST_RULES } from "./policy-rules.ts";
import type { AdmissionSettings } from "./settings.ts";

/** What the replica knows of the cluster. */
export interface AdmissionView {
  /** Undefined where admission is off, or not known yet. */
  settings: AdmissionSettings | undefined;
  network: PodContext["network"];
  /** The policies are in place: the API server itself reports what they check. */
  hasPolicies: boolean;
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
  const findings = settings ? await check(request, settings, view) : { problems: [], warnings: [] };
  const { response, verdict } = respond(request.uid, findings, settings?.mode ?? "Off");
  return { body: answer(response), resource: request.resource.resource, verdict };
}

async function check(
  request: AdmissionRequest,
  { mode, isolation, multusNamespace, version, networksBefore, denyCodes }: AdmissionSettings,
  { network, hasPolicies }: AdmissionView,
): Promise<Findings> {
  // In mode Deny the policies reject the object before the webhook is asked.
  const isReported = hasPolicies && mode === "Warn";
  const { group, resource } = request.resource;
  switch (`${resource}.${group}`) {
    case "network-attachment-definitions.k8s.cni.cncf.io":
      return networkFindings(networkOf(request), denyCodes, isReported);
    case "pods.":
      return await podFindings(
        podOf(request),
        { isolation, multusNamespace, version, networksBefore, network },
        isReported,
      );
    case "deployments.apps":
    case "statefulsets.apps":
    case "daemonsets.apps":
    case "jobs.batch":
    case "cronjobs.batch":
      return await checkTemplate(podOfTemplate(request), {
        isolation,
        multusNamespace,
        version,
        networksBefore,
        network,
      });
    default:
      return { problems: [], warnings: [] };
  }
}

/**
 * What a policy reports of the object is not reported twice. Codes that are denied are denied all the same.
 * @param byPolicies whether policies report
 */
function networkFindings(
  network: ReturnType<typeof networkOf>,
  denyCodes: readonly string[],
  byPolicies: boolean,
): Findings {
  const findings = named(checkNetwork(network, denyCodes), network.name);
  const { config } = network;
  if (!byPolicies || typeof config !== "string" || !breaks(CONFIG_RULES, config)) return findings;
  return { ...findings, problems: [], warnings: [] };
}

async function podFindings(pod: Pod, context: PodContext, byPolicies: boolean): Promise<Findings> {
  const findings = await checkPod(pod, context);
  const reported = REQUEST_ANNOTATIONS.filter((name) => breaks(REQUEST_RULES, pod.annotations[name] ?? ""));
  if (!byPolicies || reported.length === 0) return findings;
  const isReported = (problem: string) =>
    reported.some((name) => problem.startsWith(`metadata.annotations[${name}]`));
  return { ...findings, problems: findings.problems.filter((problem) => !isReported(problem)) };
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

/** Its pods are what Multus sees: they are rejected, where they are, and who wrote the template is warned beforehand. */
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
