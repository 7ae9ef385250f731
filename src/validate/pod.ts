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
export function checkPod(pod: PodPart, namespace: string, around: Surroundings): ObjectFinding[] {
  const { metadata, at } = pod;
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {};
  const misspelled = Object.keys(annotations).filter((name) => ![...WRITTEN, ...OTHERS].includes(name));
  const first = defaultRequestOf(annotations, around);
  const problems = new Map<string, RequestProblem[]>([
    ...misspelled.map((key) => [key, problemsOfKey(key)] as const),
    [
      NETWORKS,
      problemsOfText(annotations[NETWORKS], (value) =>
        problemsOfNetworks(value, { ...pod, first, namespace }, around),
      ),
    ],
    [
      DEFAULT_NETWORK,
      problemsOfText(annotations[DEFAULT_NETWORK], (value) =>
        problemsOfDefaultNetwork(value, { namespace, alone: !annotations[NETWORKS] }, around),
      ),
    ],
  ]);
  return [...problems].flatMap(([key, found]) =>
    found.map(({ severity, code, message }) => ({
      path: `${[...at, "annotations"].join(".")}["${key}"]`,
      severity,
      code,
      message,
      at: [...at, "annotations", key],
    })),
  );
}

function problemsOfKey(key: string): RequestProblem[] {
  const near = suggestionFor(key);
  if (!near) return [];
  const message = `is not an annotation that Multus reads; did you mean "${near}"?`;
  return [{ severity: "warning", code: "UNKNOWN_FIELD", message }];
}

/** Of an annotation's value, if there is one; `check` is for a text. */
function problemsOfText(value: unknown, check: (text: string) => RequestProblem[]): RequestProblem[] {
  if (value === undefined) return [];
  if (typeof value === "string") return check(value);
  return [{ severity: "error", code: "WRONG_TYPE", message: `must be a string (it is ${show(value)})` }];
}

/** Of the network that a pod requests in the place of the cluster's own; `alone` if it requests no others. */
function problemsOfDefaultNetwork(
  value: string,
  { namespace, alone }: { namespace: string; alone: boolean },
  around: Surroundings,
): RequestProblem[] {
  const parsed = parseDefaultNetwork(value, around.multusNamespace);
  if (!parsed.ok) return [{ severity: "error", ...parsed.problem }];
  const { request } = parsed;
  const second = alone ? gatewayProblemOfDefault(request, around.version) : undefined;
  const elsewhere = inPodsNamespace(value, request, namespace, around);
  const missing = namesNamespace(value) ? missingNetwork(keyOf(request), around) : undefined;
  return [
    ...problemsOfRequest(request),
    ...problemsOfDefault(request, around.networks.get(keyOf(request))),
    ...problemsOfRelease(value, [request], around.version),
    ...(second ? [second] : []),
    ...(elsewhere ? [elsewhere] : []),
    ...(missing ? [missing] : []),
  ];
}

/** A pod whose annotation is checked: its namespace, and what it requests in the place of the cluster's own network. */
interface RequestingPod extends Pick<PodPart, "spec" | "pods"> {
  namespace: string;
  first: NetworkRequest | undefined;
}

/** Of the networks that a pod requests in addition to the cluster's own. */
function problemsOfNetworks(
  value: string,
  { spec, pods, namespace, first }: RequestingPod,
  around: Surroundings,
): RequestProblem[] {
  const parsed = parseNetworks(value, namespace);
  if (!parsed.ok) return [{ severity: "error", ...parsed.problem }];
  const { requests } = parsed;
  const duplicate = interfaceProblem(requests, around.networksBefore?.(namespace) ?? 0);
  const second = gatewayProblem(requests, first);
  return [
    ...(isObject(spec) && spec.hostNetwork === true && requests.length > 0 ? [ON_HOST_NETWORK] : []),
    ...(duplicate ? [{ severity: "error" as const, ...duplicate }] : []),
    ...(second ? [second] : []),
    ...unknownKeys(value).map(({ message }) => ({
      severity: "warning" as const,
      code: "UNKNOWN_FIELD",
      message,
    })),
    ...requests.slice(0, 64).flatMap((request) => problemsOf(request, namespace, around)),
    ...problemsOfRelease(value, requests, around.version),
    ...sharedAddresses(requests, pods),
    ...missingDevices(requests, spec, (key) => around.networks.get(key)?.nad.resourceName),
  ];
}

const ON_HOST_NETWORK: RequestProblem = {
  severity: "warning",
  code: "IGNORED",
  message: "is ignored, because the pod has hostNetwork: true",
};

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
): RequestProblem | undefined {
  if (namespace === own || namesNamespace(annotation)) return undefined;
  if (networks.has(`${own}/${name}`) || !networks.has(`${namespace}/${name}`)) return undefined;
  return {
    severity: "warning",
    code: "DEFAULT_NETWORK_NAMESPACE",
    message: `names ${show(name)} without a namespace: Multus searches its own namespace (${own}), not the pod's; write ${namespace}/${name}`,
  };
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
