import { show } from "../cni/finding.ts";
import { globalNamespacesOf, type Isolation, mayUse } from "../networks/isolation.ts";
import { type NetworkRequest, parseNetworks } from "../networks/request.ts";
import type { Findings } from "./findings.ts";
import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from "./names.ts";
import { LONGEST_REQUEST } from "./policy-rules.ts";

export interface Pod {
  namespace: string;
  annotations: Readonly<Record<string, string>>;
  hostNetwork: boolean;
}

export interface PodContext {
  isolation: Isolation;
  /** Whether a NAD exists; undefined where that could not be found out. */
  exists: (namespace: string, name: string) => boolean | undefined | Promise<boolean | undefined>;
}

/** More networks than a pod has ever had are not looked at one by one. */
const MOST_REQUESTS = 64;
const NETWORKS = `metadata.annotations[${NETWORKS_ANNOTATION}]`;
const DEFAULT_NETWORK = `metadata.annotations[${DEFAULT_NETWORK_ANNOTATION}]`;

/** What is wrong or doubtful with the networks that a pod asks for, in sentences for whoever creates it. */
export async function checkPod(pod: Pod, context: PodContext): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  checkDefaultNetwork(pod, findings);
  const annotation = pod.annotations[NETWORKS_ANNOTATION] ?? "";
  if (annotation === "") return findings;
  if (pod.hostNetwork) {
    findings.warnings.push(`${NETWORKS} has no effect: a pod with hostNetwork gets no further network`);
    return findings;
  }
  const requests = read(NETWORKS, annotation, pod.namespace, findings);
  // All at once: the API server waits for the slowest, and not for their sum.
  const found = await Promise.all(
    distinct(requests)
      .slice(0, MOST_REQUESTS)
      .map((request) => checkRequest(request, pod.namespace, context)),
  );
  return {
    problems: [...findings.problems, ...found.flatMap(({ problems }) => problems)],
    warnings: [...findings.warnings, ...found.flatMap(({ warnings }) => warnings)],
  };
}

async function checkRequest(
  { namespace, name }: NetworkRequest,
  podNamespace: string,
  { isolation, exists }: PodContext,
): Promise<Findings> {
  const network = show(`${namespace}/${name}`).slice(1, -1);
  if (!mayUse(podNamespace, namespace, isolation)) {
    const others = globalNamespacesOf(isolation).join(", ");
    const problem = `${NETWORKS} asks for ${network}, which namespace isolation forbids: pods of ${podNamespace} may use networks of their own namespace and of ${others}`;
    return { problems: [problem], warnings: [] };
  }
  // It may come later, and Multus tries again: no reason to refuse the pod.
  if ((await exists(namespace, name)) !== false) return { problems: [], warnings: [] };
  const warning = `${NETWORKS} asks for ${network}, which does not exist: the pod does not start until there is a NetworkAttachmentDefinition of that name`;
  return { problems: [], warnings: [warning] };
}

/** Multus looks it up in its own namespace, as a NAD or a file of the node: whether it is there is not known here. */
function checkDefaultNetwork({ annotations, namespace }: Pod, findings: Findings): void {
  const annotation = annotations[DEFAULT_NETWORK_ANNOTATION] ?? "";
  if (annotation === "") return;
  const requests = read(DEFAULT_NETWORK, annotation, namespace, findings);
  if (requests.length > 1)
    findings.problems.push(
      `${DEFAULT_NETWORK} names ${requests.length} networks; a pod has one first network`,
    );
}

function read(subject: string, text: string, namespace: string, findings: Findings): NetworkRequest[] {
  if (text.length > 2 * LONGEST_REQUEST) {
    findings.problems.push(`${subject} is longer than ${LONGEST_REQUEST} characters`);
    return [];
  }
  const parsed = parseNetworks(text, namespace);
  if (parsed.ok) return parsed.requests;
  findings.problems.push(`${subject} ${parsed.problem.message}`);
  return [];
}

function distinct(requests: readonly NetworkRequest[]): NetworkRequest[] {
  return [...new Map(requests.map((r) => [`${r.namespace}/${r.name}`, r])).values()];
}
