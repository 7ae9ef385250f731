import { z } from "zod";
import type { MultusPodView } from "../../../diagnosis/multus-pod.ts";
import { type ApiObject, CORE_EVENTS } from "../../../kube/resource.ts";
import type { Run } from "../scope.ts";
import type { CanaryNode } from "./next-step.ts";

/** Two of the kubelet's own retries; in seconds since the pod's creation. */
const LONGEST_SANDBOX_SECONDS = 60;

const event = z.object({ message: z.string().default("") });

/**
 * What became of a probe. Multus reports a pod's networks before the runtime starts its container: one that
 * started without the report started without the network.
 */
export function probeOutcome(
  pod: MultusPodView,
  attached: boolean,
  now: Date,
): CanaryNode["probe"] | "NoSandbox" {
  if (attached) return "Passed";
  if (pod.phase !== "Pending") return { failed: "the probe started without its network" };
  const age = (now.getTime() - Date.parse(pod.created)) / 1000;
  if (age <= LONGEST_SANDBOX_SECONDS) return "Running";
  return pod.trouble ? { failed: `the probe did not start: ${pod.trouble.message}` } : "NoSandbox";
}

/** v3 reports a network without its namespace. */
export function isAttached(pod: MultusPodView, network: string): boolean {
  return pod.networks.some((name) => name === network || name === network.split("/")[1]);
}

/** What the kubelet last said of the pod's sandbox, where Multus' own message is in. */
export async function sandboxFailure(run: Run, { namespace, uid }: MultusPodView): Promise<string> {
  const fieldSelector = `reason=FailedCreatePodSandBox,involvedObject.uid=${uid}`;
  const { signal } = run.context;
  try {
    const { items } = await run.deps.client.list<ApiObject>(CORE_EVENTS, {
      namespace,
      fieldSelector,
      signal,
    });
    const { message } = event.parse(items.at(-1) ?? {});
    return message || "the kubelet does not say why";
  } catch (error) {
    run.context.log.warn({ err: error }, "the kubelets' events could not be read");
    return "the kubelet's events could not be read";
  }
}
