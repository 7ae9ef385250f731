import { closest } from "../../crds/suggestion.ts";
import { DEFAULT_NETWORK } from "../pod-request/default-network.ts";
import { NETWORKS } from "../pod-request/request.ts";

/** Annotations of Multus and its clients that a pod may rightly have. */
const OTHERS = ["k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status", DEFAULT_NETWORK];

/** The key of an annotation that was likely meant to be k8s.v1.cni.cncf.io/networks. */
export function misspelt(keys: readonly string[]): string | undefined {
  return keys.find((key) => {
    if (key === NETWORKS || OTHERS.includes(key)) return false;
    const [prefix = "", name] = key.split("/");
    if (name === undefined) return closest(key, ["networks", NETWORKS]) !== undefined;
    const [rightPrefix = "", rightName = ""] = NETWORKS.split("/");
    return closest(prefix, [rightPrefix]) !== undefined && closest(name, [rightName]) !== undefined;
  });
}

/** An existing NAD that was likely meant: one of nearly that name in the namespace, or of that name in another. */
export function suggestionFor(network: string, known: readonly string[]): string | undefined {
  const slash = network.indexOf("/");
  const [namespace, name] = [network.slice(0, slash), network.slice(slash + 1)];
  const nameOf = (key: string) => key.slice(key.indexOf("/") + 1);
  const beside = known.filter((key) => key.startsWith(`${namespace}/`)).map(nameOf);
  const near = closest(name, beside);
  if (near !== undefined) return `${namespace}/${near}`;
  return known.find((key) => nameOf(key) === name);
}

/** How a pod is made anew: its workload does it, or its maker. */
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
    : `delete it (${deletion}), and its ${owner.kind} makes it anew`;
}

/** The scheduler's sentence without what it says of preemption, which repeats it. */
export function schedulerText(message: string): string {
  return message.replace(/\.? (?:no new claims to deallocate|preemption:).*$/, "").replace(/\.$/, "");
}
