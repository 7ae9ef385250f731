import { nameOf, partsOf } from "../../crds/namespaced-name.ts";
import { closest } from "../../crds/suggestion.ts";
import { DEFAULT_NETWORK } from "../pod-request/default-network.ts";
import { NETWORKS } from "../pod-request/request.ts";

/** Other annotations of Multus and its clients, which a pod may have. */
const OTHERS = ["k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status", DEFAULT_NETWORK];

/** The key of an annotation that was probably meant to be k8s.v1.cni.cncf.io/networks. */
export function misspelledAnnotation(keys: readonly string[]): string | undefined {
  return keys.find((key) => {
    if (key === NETWORKS || OTHERS.includes(key)) return false;
    const [prefix = "", name] = key.split("/");
    if (name === undefined) return closest(key, ["networks", NETWORKS]) !== undefined;
    const [rightPrefix = "", rightName = ""] = NETWORKS.split("/");
    return closest(prefix, [rightPrefix]) !== undefined && closest(name, [rightName]) !== undefined;
  });
}

/** An existing NAD that was probably meant: one of that name in another namespace, or one with nearly that name in this one. */
export function suggestionFor(network: string, known: readonly string[]): string | undefined {
  const { namespace, name } = partsOf(network);
  const elsewhere = known.find((key) => nameOf(key) === name);
  if (elsewhere !== undefined) return elsewhere;
  const here = known.filter((key) => key.startsWith(`${namespace}/`)).map(nameOf);
  const near = closest(name, here);
  return near === undefined ? undefined : `${namespace}/${near}`;
}

/** Where a pod's annotation is edited: in its workload's template, or in the manifest of a pod without a workload. */
export function placeToFix({ owner }: { owner?: { kind: string } }): string {
  return owner === undefined ? "the pod's manifest" : "the pod's template";
}

/** How a pod is recreated: by its workload, or by hand. */
export function restartOf({
  namespace,
  name,
  owner,
}: {
  namespace: string;
  name: string;
  owner?: { kind: string; name: string };
}): string {
  const deletion = `kubectl delete pod -n ${namespace} ${name}`;
  return owner === undefined
    ? `delete it (${deletion}) and create it again`
    : `delete it (${deletion}), and its ${owner.kind} recreates it`;
}

/** The scheduler's sentence without its part on preemption, which repeats it. */
export function schedulerText(message: string): string {
  return message.replace(/\.? (?:no new claims to deallocate|preemption:).*$/, "").replace(/\.$/, "");
}
