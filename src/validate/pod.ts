import { show } from "../cni/finding.ts";
import { isObject } from "../cni/section.ts";
import { closest } from "../crds/suggestion.ts";
import type { Network } from "../networks/cross-checks/network.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../networks/pod-request/default-network.ts";
import { type Isolation, mayUse } from "../networks/pod-request/isolation.ts";
import { keyOf, NETWORKS, type NetworkRequest, parseNetworks } from "../networks/pod-request/request.ts";
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
import type { ObjectFinding, Path } from "./finding.ts";

/** Annotations that users write for Multus. */
const WRITTEN = [NETWORKS, DEFAULT_NETWORK];
/** Annotations of these domains that others write or read. */
const OTHERS = [
  "k8s.v1.cni.cncf.io/network-status",
  "k8s.v1.cni.cncf.io/networks-status",
  "k8s.v1.cni.cncf.io/resourceName",
  "k8s.v1.cni.cncf.io/nodeSelector",
  "k8s.v1.cni.cncf.io/bandwidth",
];
const DOMAINS = /^(k8s\.v1\.cni\.cncf\.io|v1\.multus-cni\.io)\//;

/** What the files say of the cluster that a pod would meet. */
export interface Surroundings {
  /** By "namespace/name"; a NAD that is not among the files may well exist. */
  networks: ReadonlyMap<string, Network>;
  /** Of the one MultusInstall among the files, if there is one. */
  isolation: Isolation | undefined;
  /** Where Multus looks for a default network without a namespace, by that MultusInstall. */
  multusNamespace?: string;
  /** The release of Multus, by that MultusInstall. */
  version?: string;
  /** How many networks each pod of a namespace has in addition, by that MultusInstall. */
  networksBefore?: (namespace: string) => number;
  /** Whether `networks` has every NAD that exists. */
  allNetworks?: boolean;
}

/** A pod or a pod template: `metadata` with the annotations stands `at` in the object. */
export interface PodPart {
  metadata: unknown;
  spec: unknown;
  at: Path;
  /** How many pods of it there are at one time, as far as the object shows. */
  pods?: PodCount;
}

/** The networks that a pod asks for: whether Multus can read the annotation, and what is known of the NADs. */
export function checkPod(
  { metadata, spec, at, pods }: PodPart,
  namespace: string,
  around: Surroundings,
): ObjectFinding[] {
  const findings: ObjectFinding[] = [];
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {};
  const report = (key: string, severity: ObjectFinding["severity"], code: string, message: string) => {
    const path = [...at, "annotations", key];
    findings.push({ path: `${path.slice(0, -1).join(".")}["${key}"]`, severity, code, message, at: path });
  };
  for (const key of Object.keys(annotations).filter((name) => ![...WRITTEN, ...OTHERS].includes(name))) {
    const near = suggestionFor(key);
    if (near)
      report(
        key,
        "warning",
        "UNKNOWN_FIELD",
        `is not an annotation that Multus reads; did you mean "${near}"?`,
      );
  }
  for (const key of [NETWORKS, DEFAULT_NETWORK]) {
    const value = annotations[key];
    if (value === undefined) continue;
    if (typeof value !== "string") {
      report(key, "error", "WRONG_TYPE", `must be a string (it is ${show(value)})`);
      continue;
    }
    if (key === DEFAULT_NETWORK) {
      const first = parseDefaultNetwork(value, around.multusNamespace);
      if (!first.ok) report(key, "error", first.problem.code, first.problem.message);
      else {
        for (const { severity, code, message } of [
          ...problemsOfRequest(first.request),
          ...problemsOfDefault(first.request, around.networks.get(keyOf(first.request))),
          ...problemsOfRelease(value, [first.request], around.version),
        ])
          report(key, severity, code, message);
        const second = annotations[NETWORKS]
          ? undefined
          : gatewayProblemOfDefault(first.request, around.version);
        if (second) report(key, second.severity, second.code, second.message);
        const elsewhere = inPodsNamespace(value, first.request, namespace, around);
        if (elsewhere) report(key, "warning", "DEFAULT_NETWORK_NAMESPACE", elsewhere);
        const missing = namesNamespace(value) ? missingNetwork(keyOf(first.request), around) : undefined;
        if (missing) report(key, missing.severity, missing.code, missing.message);
      }
      continue;
    }
    const parsed = parseNetworks(value, namespace);
    if (!parsed.ok) {
      report(key, "error", parsed.problem.code, parsed.problem.message);
      continue;
    }
    const { requests } = parsed;
    if (isObject(spec) && spec.hostNetwork === true && requests.length > 0)
      report(key, "warning", "IGNORED", "is ignored, because the pod has hostNetwork: true");
    const duplicate = interfaceProblem(requests, around.networksBefore?.(namespace) ?? 0);
    if (duplicate) report(key, "error", duplicate.code, duplicate.message);
    const second = gatewayProblem(requests, defaultRequestOf(annotations, around));
    if (second) report(key, second.severity, second.code, second.message);
    for (const { message } of unknownKeys(value)) report(key, "warning", "UNKNOWN_FIELD", message);
    for (const request of requests.slice(0, 64))
      for (const { severity, code, message } of problemsOf(request, namespace, around))
        report(key, severity, code, message);
    for (const { severity, code, message } of [
      ...problemsOfRelease(value, requests, around.version),
      ...sharedAddresses(requests, pods),
      ...missingDevices(requests, spec, (key) => around.networks.get(key)?.nad.resourceName),
    ])
      report(key, severity, code, message);
  }
  return findings;
}

/** The annotation that a user probably meant; what Multus writes is never one. */
function suggestionFor(key: string): string | undefined {
  const near = /multus|cni/i.test(key) ? closest(key, WRITTEN) : undefined;
  if (near) return near;
  if (!DOMAINS.test(key) || !/net/i.test(key)) return undefined;
  return /default/i.test(key) || key.startsWith("v1.multus-cni.io/") ? DEFAULT_NETWORK : NETWORKS;
}

/** Otherwise Multus searches its own namespace, which is a setting of Multus. */
function namesNamespace(annotation: string): boolean {
  return annotation.includes("/") || /"namespace"/i.test(annotation);
}

/** A default network without a namespace that is only in the pod's: Multus searches its own namespace. */
function inPodsNamespace(
  annotation: string,
  { namespace: own, name }: NetworkRequest,
  namespace: string,
  { networks }: Surroundings,
): string | undefined {
  if (namespace === own || namesNamespace(annotation)) return undefined;
  if (networks.has(`${own}/${name}`) || !networks.has(`${namespace}/${name}`)) return undefined;
  return `names ${show(name)} without a namespace: Multus searches its own namespace (${own}), not the pod's; write ${namespace}/${name}`;
}

/** What the pod requests in the place of the cluster's own network, if Multus can read it. */
function defaultRequestOf(
  { [DEFAULT_NETWORK]: annotation }: Readonly<Record<string, unknown>>,
  { multusNamespace }: Surroundings,
): NetworkRequest | undefined {
  if (typeof annotation !== "string") return undefined;
  const parsed = parseDefaultNetwork(annotation, multusNamespace);
  return parsed.ok ? parsed.request : undefined;
}

/** What is wrong or doubtful with one request, by itself and with its NAD, if that is among the files. */
function problemsOf(request: NetworkRequest, namespace: string, around: Surroundings): RequestProblem[] {
  const { isolation } = around;
  const key = keyOf(request);
  const alone = problemsOfRequest(request);
  if (alone.some(({ severity }) => severity === "error")) return alone;
  const forbidden: RequestProblem[] =
    isolation && !mayUse(namespace, request.namespace, isolation)
      ? [
          {
            severity: "error",
            code: "FORBIDDEN_NETWORK",
            message: `requests ${show(key)}, but namespace isolation allows only NADs in the pod's own namespace and in global namespaces`,
          },
        ]
      : [];
  const missing = missingNetwork(key, around);
  if (missing && forbidden.length === 0) return [...alone, missing];
  const network = around.networks.get(key);
  const together = network ? problemsWithNetwork(request, network) : [];
  // The error says more than the warning of the same.
  const same = new Set(together.map(({ code }) => code));
  return [...alone.filter(({ code }) => !same.has(code)), ...forbidden, ...together];
}

/** Undefined if the network exists, or may exist. */
function missingNetwork(
  key: string,
  { networks, allNetworks = false }: Surroundings,
): RequestProblem | undefined {
  if (networks.has(key) || !allNetworks) return undefined;
  const near = closest(key, [...networks.keys()]);
  const hint = near ? `; did you mean ${show(near)}?` : "";
  return {
    severity: "error",
    code: "MISSING_NETWORK",
    message: `requests ${show(key)}, which does not exist: a pod does not start until a NetworkAttachmentDefinition with this name exists${hint}`,
  };
}
