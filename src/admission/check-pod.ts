import { show } from "../cni/finding.ts";
import { gatewayProblem } from "../networks/gateways.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../networks/pod-request/default-network.ts";
import { globalNamespacesOf, type Isolation, mayUse } from "../networks/pod-request/isolation.ts";
import { capabilitiesOf, type NetworkRequest, parseNetworks } from "../networks/pod-request/request.ts";
import type { Findings } from "./findings.ts";
import { NETWORKS_ANNOTATION } from "./names.ts";
import { LONGEST_REQUEST } from "./policy-rules.ts";

export interface Pod {
  namespace: string;
  annotations: Readonly<Record<string, string>>;
  hostNetwork: boolean;
}

export interface PodContext {
  isolation: Isolation;
  /** A NAD; "absent" where there is none, undefined where that could not be found out. */
  network: (namespace: string, name: string) => KnownNetwork | Promise<KnownNetwork>;
}

/** What is known of a NAD: which capabilities may reach its plugins (passedBy), where its configuration tells. */
export type KnownNetwork = { passes: ReadonlySet<string> | undefined } | "absent" | undefined;

/** More networks than a pod has ever had are not looked at one by one. */
const MOST_REQUESTS = 64;
const NETWORKS = `metadata.annotations[${NETWORKS_ANNOTATION}]`;
const FIRST_NETWORK = `metadata.annotations[${DEFAULT_NETWORK}]`;

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
  const second = gatewayProblem(requests);
  if (second) findings.problems.push(`${NETWORKS} ${second.message}`);
  // All at once: the API server waits for the slowest, and not for their sum.
  const found = await Promise.all(
    distinct(requests)
      .slice(0, MOST_REQUESTS)
      .map(([request, needs]) => checkRequest(request, needs, pod.namespace, context)),
  );
  return {
    problems: [...findings.problems, ...found.flatMap(({ problems }) => problems)],
    warnings: [...findings.warnings, ...found.flatMap(({ warnings }) => warnings)],
  };
}

async function checkRequest(
  { namespace, name }: NetworkRequest,
  needs: readonly string[],
  podNamespace: string,
  context: PodContext,
): Promise<Findings> {
  const network = show(`${namespace}/${name}`).slice(1, -1);
  const { isolation } = context;
  if (!mayUse(podNamespace, namespace, isolation)) {
    const others = globalNamespacesOf(isolation).join(", ");
    const problem = `${NETWORKS} asks for ${network}, which namespace isolation forbids: pods of ${podNamespace} may use networks of their own namespace and of ${others}`;
    return { problems: [problem], warnings: [] };
  }
  const known = await context.network(namespace, name);
  if (known !== "absent") {
    const dropped = needs.filter((need) => known?.passes?.has(need) === false);
    const warnings = dropped.map(
      (need) =>
        `${NETWORKS}: ${network} gets no ${need} from the pod: no plugin of it declares the capability, and Multus drops it; add "capabilities": {"${need}": true} to the NAD`,
    );
    return { problems: [], warnings };
  }
  // It may come later, and Multus tries again: no reason to refuse the pod.
  const warning = `${NETWORKS} asks for ${network}, which does not exist: the pod does not start until there is a NetworkAttachmentDefinition of that name`;
  return { problems: [], warnings: [warning] };
}

/** Multus looks it up in its own namespace, as a NAD or a file of the node: whether it is there is not known here. */
function checkDefaultNetwork({ annotations }: Pod, findings: Findings): void {
  const annotation = annotations[DEFAULT_NETWORK];
  if (annotation === undefined || !fits(FIRST_NETWORK, annotation, findings)) return;
  const parsed = parseDefaultNetwork(annotation);
  if (!parsed.ok) findings.problems.push(`${FIRST_NETWORK} ${parsed.problem.message}`);
}

function fits(subject: string, text: string, findings: Findings): boolean {
  if (text.length <= 2 * LONGEST_REQUEST) return true;
  findings.problems.push(`${subject} is longer than ${LONGEST_REQUEST} characters`);
  return false;
}

function read(subject: string, text: string, namespace: string, findings: Findings): NetworkRequest[] {
  if (!fits(subject, text, findings)) return [];
  const parsed = parseNetworks(text, namespace);
  if (parsed.ok) return parsed.requests;
  findings.problems.push(`${subject} ${parsed.problem.message}`);
  return [];
}

/** Each NAD once, with the capabilities that its requests need together. */
function distinct(requests: readonly NetworkRequest[]): [NetworkRequest, string[]][] {
  const byNad = Map.groupBy(requests, ({ namespace, name }) => `${namespace}/${name}`);
  return [...byNad.values()].flatMap((same): [NetworkRequest, string[]][] => {
    const [first] = same;
    return first ? [[first, [...new Set(same.flatMap(capabilitiesOf))]]] : [];
  });
}
