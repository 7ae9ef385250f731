import { show } from "../cni/finding.ts";
import { isObject } from "../cni/section.ts";
import { closest } from "../crds/suggestion.ts";
import { keyOf } from "../networks/attachments.ts";
import type { Network } from "../networks/cross-checks/network.ts";
import { gatewayProblem } from "../networks/gateways.ts";
import { passedBy } from "../networks/passed.ts";
import { DEFAULT_NETWORK, parseDefaultNetwork } from "../networks/pod-request/default-network.ts";
import { type Isolation, mayUse } from "../networks/pod-request/isolation.ts";
import {
  capabilitiesOf,
  NETWORKS,
  type NetworkRequest,
  parseNetworks,
} from "../networks/pod-request/request.ts";
import type { ObjectFinding, Path } from "./finding.ts";

/** Annotations that Multus reads or writes. */
const KNOWN = [
  NETWORKS,
  DEFAULT_NETWORK,
  "k8s.v1.cni.cncf.io/network-status",
  "k8s.v1.cni.cncf.io/networks-status",
];

/** What the files say of the cluster that a pod would meet. */
export interface Surroundings {
  /** By "namespace/name"; a NAD that is not among the files may well exist. */
  networks: ReadonlyMap<string, Network>;
  /** Of the one MultusInstall among the files, if there is one. */
  isolation: Isolation | undefined;
}

/** A pod or a pod template: `metadata` with the annotations stands `at` in the object. */
export interface PodPart {
  metadata: unknown;
  spec: unknown;
  at: Path;
}

/** The networks that a pod asks for: whether Multus can read the annotation, and what is known of the NADs. */
export function checkPod(
  { metadata, spec, at }: PodPart,
  namespace: string,
  around: Surroundings,
): ObjectFinding[] {
  const findings: ObjectFinding[] = [];
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {};
  const report = (key: string, severity: ObjectFinding["severity"], code: string, message: string) => {
    const path = [...at, "annotations", key];
    findings.push({ path: `${path.slice(0, -1).join(".")}["${key}"]`, severity, code, message, at: path });
  };
  for (const key of Object.keys(annotations).filter((name) => !KNOWN.includes(name))) {
    const near = /multus|cni/i.test(key) ? closest(key, KNOWN) : undefined;
    if (near)
      report(key, "warning", "UNKNOWN_FIELD", `is no annotation that Multus reads; did you mean "${near}"?`);
  }
  for (const key of [NETWORKS, DEFAULT_NETWORK]) {
    const value = annotations[key];
    if (value === undefined) continue;
    if (typeof value !== "string") {
      report(key, "error", "WRONG_TYPE", `must be a string (it is ${show(value)})`);
      continue;
    }
    if (key === DEFAULT_NETWORK) {
      const first = parseDefaultNetwork(value);
      if (!first.ok) report(key, "error", first.problem.code, first.problem.message);
      continue;
    }
    const parsed = parseNetworks(value, namespace);
    if (!parsed.ok) {
      report(key, "error", parsed.problem.code, parsed.problem.message);
      continue;
    }
    const { requests } = parsed;
    if (isObject(spec) && spec.hostNetwork === true && requests.length > 0)
      report(key, "warning", "IGNORED", "is ignored, since the pod has hostNetwork: true");
    checkInterfaces(requests, (code, message) => report(key, "error", code, message));
    const second = gatewayProblem(requests);
    if (second) report(key, "error", second.code, second.message);
    for (const request of requests.slice(0, 64))
      for (const [severity, code, message] of problemsOf(request, namespace, around))
        report(key, severity, code, message);
  }
  return findings;
}

/** Interfaces default to netN by position; the kernel refuses a name that is taken. */
function checkInterfaces(
  requests: readonly NetworkRequest[],
  error: (code: string, message: string) => void,
): void {
  const taken = new Set(["lo", "eth0"]);
  for (const [i, request] of requests.entries()) {
    const name = request.interface ?? `net${i + 1}`;
    if (taken.has(name)) {
      error(
        "DUPLICATE_INTERFACE",
        `names the interface ${show(name)} ${["lo", "eth0"].includes(name) ? "that every pod has already" : "twice"}`,
      );
      return;
    }
    taken.add(name);
  }
}

function* problemsOf(
  request: NetworkRequest,
  namespace: string,
  { networks, isolation }: Surroundings,
): Generator<[ObjectFinding["severity"], string, string]> {
  const key = keyOf(request);
  if (request.name === "") yield ["error", "MISSING_NAME", "asks for a network without a name"];
  if (isolation && !mayUse(namespace, request.namespace, isolation))
    yield [
      "error",
      "FORBIDDEN_NETWORK",
      `asks for ${show(key)}, and namespace isolation allows only NADs of the pod's own and of global namespaces`,
    ];
  const network = networks.get(key);
  const passes = network && passedBy(network);
  if (!passes) return;
  for (const capability of capabilitiesOf(request))
    if (!passes.has(capability))
      yield [
        "warning",
        "MISSING_CAPABILITY",
        `asks ${show(key)} for "${capability}", which no plugin of it declares in "capabilities": the request is dropped`,
      ];
}
