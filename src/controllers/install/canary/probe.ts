import { nameOf } from "../../../crds/namespaced-name.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import { CORE_EVENTS } from "../../../kube/resource.ts";
import { readPages } from "../../../kube/watch/read-pages.ts";
import { type FailureView, failureView } from "../../../networks/outcome/sandbox-event.ts";
import type { ReconcileScope } from "../scope.ts";
import type { CanaryNode } from "./canary-step.ts";

/** Two of the kubelet's own retries; in seconds since the pod exists. */
const MAX_SANDBOX_SECONDS = 60;

/**
 * What became of a probe. Multus reports a pod's networks before the runtime starts its container: one that
 * started without the report started without the network.
 */
export function probeOutcome(
  pod: MultusPodHealth,
  attached: boolean,
  ages: PodAges,
): CanaryNode["probe"] | "NoSandbox" {
  if (attached) return "Passed";
  const rejection = rejectionOf(pod);
  if (rejection) return { failed: `the kubelet rejected the probe, or ended it: ${rejection}` };
  if (pod.phase !== "Pending") return { failed: "the probe started without its network" };
  if (ages.existing(pod) <= MAX_SANDBOX_SECONDS) return "Running";
  return pod.issue ? { failed: `the probe did not start: ${pod.issue.message}` } : "NoSandbox";
}

/** Why its kubelet did not run the pod, such as a node that has no room for it: then Multus was not called, or not to the end. */
function rejectionOf({ phase, issue }: MultusPodHealth): string | undefined {
  if (phase !== "Failed" || !issue || issue.container !== "" || issue.message === "") return undefined;
  return `${issue.reason}: ${issue.message}`;
}

/** v3 reports a network without its namespace. */
export function isAttached(pod: MultusPodHealth, network: string): boolean {
  return pod.networks.some((name) => name === network || name === nameOf(network));
}

/**
 * The innermost error of the kubelet's last event about the pod's sandbox: the wrapping before it would hide it. Others may
 * create events about the pod, too, and any number of them: only the last one is kept.
 */
export async function sandboxFailure(
  { deps: { client }, context: { log } }: ReconcileScope,
  { namespace, uid }: Pick<MultusPodHealth, "namespace" | "uid">,
): Promise<string> {
  const fieldSelector = `reason=FailedCreatePodSandBox,involvedObject.uid=${uid}`;
  let last: FailureView | undefined;
  try {
    await readPages({ client, type: CORE_EVENTS, log, namespace, fieldSelector }, (item) => {
      const failure = failureView(item);
      if (failure && !(last && last.at > failure.at)) last = failure;
    });
    if (!last) return "no event of the kubelet shows why";
    return last.network ? `network ${last.network}: ${last.message}` : last.message;
  } catch (error) {
    log.warn({ err: error }, "the kubelets' events could not be read");
    return "the kubelet's events could not be read";
  }
}
