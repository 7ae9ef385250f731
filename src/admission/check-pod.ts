import { show } from "../cni/finding.ts";
import { readNetwork } from "../networks/cross-checks/network.ts";
import type { SeenNetwork } from "../networks/cross-checks/view.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../networks/pod-request/default-network.ts";
import { globalNamespacesOf, type Isolation, mayUse } from "../networks/pod-request/isolation.ts";
import { keyOf, type NetworkRequest, parseNetworks } from "../networks/pod-request/request.ts";
import { unknownKeys } from "../networks/pod-request/unknown-keys.ts";
import { problemsOfDefault } from "../networks/request-checks/default-network.ts";
import { gatewayProblem, gatewayProblemOfDefault } from "../networks/request-checks/default-route.ts";
import { interfaceProblem } from "../networks/request-checks/interfaces.ts";
import { missingDevices } from "../networks/request-checks/missing-devices.ts";
import type { PodCount } from "../networks/request-checks/pod-count.ts";
import { problemsOfRelease } from "../networks/request-checks/release.ts";
import {
  problemsOfRequest,
  problemsWithNetwork,
  type RequestProblem,
} from "../networks/request-checks/request-problems.ts";
import { sharedAddresses } from "../networks/request-checks/shared-address.ts";
import type { Findings } from "./findings.ts";
import { NETWORKS_ANNOTATION } from "./names.ts";
import { MAX_REQUEST_LENGTH } from "./policy-rules.ts";

export interface Pod {
  namespace: string;
  annotations: Readonly<Record<string, string>>;
  hostNetwork: boolean;
  /** What of the spec shows which devices it requests, as it came. */
  spec?: { containers?: unknown; initContainers?: unknown; resourceClaims?: unknown } | undefined;
  /** Of a template: how many pods it makes. */
  pods?: PodCount | undefined;
}

export interface PodContext {
  isolation: Isolation;
  /** Where Multus looks for a default network without a namespace. */
  multusNamespace?: string | undefined;
  /** The release of Multus. */
  version?: string | undefined;
  networksBefore?: ((namespace: string) => number) | undefined;
  /** A NAD; "absent" if there is none, undefined if that could not be found out. */
  network: (namespace: string, name: string) => KnownNetwork | Promise<KnownNetwork>;
}

/** What is known of a NAD: its configuration, unless that is too long to be kept. */
export type KnownNetwork = { nad: SeenNetwork | undefined } | "absent" | undefined;

/** More networks than a pod has ever had are not looked at one by one. */
const MAX_REQUESTS = 64;
const NETWORKS = `metadata.annotations[${NETWORKS_ANNOTATION}]`;
const FIRST_NETWORK = `metadata.annotations[${DEFAULT_NETWORK}]`;

/** What is wrong or doubtful with the networks that a pod asks for, in sentences for whoever creates it. */
export async function checkPod(pod: Pod, context: PodContext): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  const first = await checkDefaultNetwork(pod, context, findings);
  const annotation = pod.annotations[NETWORKS_ANNOTATION] ?? "";
  if (annotation === "") {
    const second = first && gatewayProblemOfDefault(first, context.version);
    if (!second) return findings;
    const { problems, warnings } = sorted(FIRST_NETWORK, [second]);
    return {
      problems: [...findings.problems, ...problems],
      warnings: [...findings.warnings, ...warnings],
    };
  }
  if (pod.hostNetwork) {
    findings.warnings.push(`${NETWORKS} has no effect: a pod with hostNetwork gets no additional network`);
    return findings;
  }
  const requests = read(NETWORKS, annotation, pod.namespace, findings);
  const second = gatewayProblem(requests, first);
  if (second) findings.problems.push(`${NETWORKS} ${second.message}`);
  const duplicate = interfaceProblem(requests, context.networksBefore?.(pod.namespace) ?? 0);
  if (duplicate) findings.problems.push(`${NETWORKS} ${duplicate.message}`);
  if (requests.length > 0)
    findings.warnings.push(...unknownKeys(annotation).map(({ message }) => `${NETWORKS} ${message}`));
  // All at once: the API server waits for the slowest, and not for their sum.
  const resources = new Map<string, string | undefined>();
  const found = await Promise.all(
    distinct(requests)
      .slice(0, MAX_REQUESTS)
      .map(async (same) => {
        const [{ namespace, name }] = same;
        // Of a network that the pod may not use nothing is shown.
        const known = mayUse(pod.namespace, namespace, context.isolation)
          ? await context.network(namespace, name)
          : undefined;
        if (typeof known === "object") resources.set(keyOf(same[0]), known.nad?.resourceName);
        return checkRequests(same, pod.namespace, known, context.isolation);
      }),
  );
  const together = sorted(NETWORKS, [
    ...problemsOfRelease(annotation, requests, context.version),
    ...sharedAddresses(requests, pod.pods),
    ...missingDevices(requests, pod.spec, (key) => resources.get(key)),
  ]);
  return {
    problems: [...findings.problems, ...found.flatMap(({ problems }) => problems), ...together.problems],
    warnings: [...findings.warnings, ...found.flatMap(({ warnings }) => warnings), ...together.warnings],
  };
}

/** Requests of one NAD. */
function checkRequests(
  requests: readonly [NetworkRequest, ...NetworkRequest[]],
  podNamespace: string,
  known: KnownNetwork,
  isolation: Isolation,
): Findings {
  const [{ namespace, name }] = requests;
  const network = show(`${namespace}/${name}`).slice(1, -1);
  const alone = requests.flatMap(problemsOfRequest);
  if (alone.some(({ severity }) => severity === "error")) return sorted(NETWORKS, alone);
  if (!mayUse(podNamespace, namespace, isolation)) {
    const others = globalNamespacesOf(isolation).join(", ");
    const problem = `${NETWORKS} requests ${network}, which namespace isolation forbids: pods in ${podNamespace} may use networks in their own namespace and in ${others}`;
    return { problems: [problem], warnings: [] };
  }
  if (known === "absent") {
    // It may come later, and Multus tries again: no reason to reject the pod.
    const warning = `${NETWORKS} requests ${network}, which does not exist: the pod does not start until a NetworkAttachmentDefinition with this name exists`;
    return { problems: [], warnings: [warning, ...sorted(NETWORKS, alone).warnings] };
  }
  const read = known?.nad && readNetwork(known.nad);
  const together = read ? requests.flatMap((request) => problemsWithNetwork(request, read)) : [];
  const same = new Set(together.map(({ code }) => code));
  return sorted(NETWORKS, [...alone.filter(({ code }) => !same.has(code)), ...together]);
}

function sorted(subject: string, problems: readonly RequestProblem[]): Findings {
  const of = (severity: RequestProblem["severity"]) => [
    ...new Set(
      problems
        .filter((problem) => problem.severity === severity)
        .map(({ message }) => `${subject} ${message}`),
    ),
  ];
  return { problems: of("error"), warnings: of("warning") };
}

/**
 * Multus searches its own namespace for it if none is given. There it may also be a file of the node, so that
 * only a NAD that the pod's own namespace has and Multus' has not is worth a warning. Returns what it requests, if
 * Multus can read that.
 */
async function checkDefaultNetwork(
  { annotations, namespace }: Pod,
  context: PodContext,
  findings: Findings,
): Promise<NetworkRequest | undefined> {
  const annotation = annotations[DEFAULT_NETWORK];
  if (annotation === undefined || !fits(FIRST_NETWORK, annotation, findings)) return undefined;
  const parsed = parseDefaultNetwork(annotation, context.multusNamespace);
  if (!parsed.ok) {
    findings.problems.push(`${FIRST_NETWORK} ${parsed.problem.message}`);
    return undefined;
  }
  const { request } = parsed;
  const alone = problemsOfRequest(request);
  const isName = alone.every(({ severity }) => severity !== "error");
  const there = isName ? await context.network(request.namespace, request.name) : undefined;
  const nad = typeof there === "object" ? there.nad : undefined;
  const { problems, warnings } = sorted(FIRST_NETWORK, [
    ...alone,
    ...problemsOfDefault(request, nad && readNetwork(nad)),
    ...problemsOfRelease(annotation, [request], context.version),
  ]);
  findings.problems.push(...problems);
  findings.warnings.push(...warnings);
  const isQualified = annotation.includes("/") || /"namespace"/i.test(annotation);
  if (isQualified || request.namespace === namespace || problems.length > 0) return request;
  const own = await context.network(namespace, request.name);
  if (there !== "absent" || own === "absent" || own === undefined) return request;
  findings.warnings.push(
    `${FIRST_NETWORK} names ${show(request.name)} without a namespace: Multus searches its own namespace (${request.namespace}), not the pod's; write ${namespace}/${request.name}`,
  );
  return request;
}

function fits(subject: string, text: string, findings: Findings): boolean {
  if (text.length <= 2 * MAX_REQUEST_LENGTH) return true;
  findings.problems.push(`${subject} is longer than ${MAX_REQUEST_LENGTH} characters`);
  return false;
}

function read(subject: string, text: string, namespace: string, findings: Findings): NetworkRequest[] {
  if (!fits(subject, text, findings)) return [];
  const parsed = parseNetworks(text, namespace);
  if (parsed.ok) return parsed.requests;
  findings.problems.push(`${subject} ${parsed.problem.message}`);
  return [];
}

/** The requests of each NAD. */
function distinct(requests: readonly NetworkRequest[]): [NetworkRequest, ...NetworkRequest[]][] {
  const byNad = Map.groupBy(requests, ({ namespace, name }) => `${namespace}/${name}`);
  return [...byNad.values()].flatMap((same): [NetworkRequest, ...NetworkRequest[]][] => {
    const [first, ...more] = same;
    return first ? [[first, ...more]] : [];
  });
}
