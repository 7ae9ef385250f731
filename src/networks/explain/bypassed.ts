import { type Cause, cause } from "./cause-codes.ts";
import type { ExplainInput } from "./input.ts";
import { restartOf } from "./wording.ts";

/** A pod that runs, and for which Multus reported nothing: what kept the runtime from calling Multus. */
export function bypassed(input: ExplainInput): Cause {
  const { pod, multus } = input;
  const asked = `${pod.namespace}/${pod.name} runs on ${pod.node} without the networks that it requested`;
  if (multus?.state === "absent")
    return input.hasInstall === false
      ? cause(
          "NO_MULTUS_INSTALL",
          `${asked}, because no Multus pod runs there and the cluster has no MultusInstall: create one (kubectl apply -f manifests/samples/multusinstall.yaml); then ${restartOf(pod)}`,
        )
      : cause(
          "NO_MULTUS_ON_NODE",
          `${asked}, because no Multus pod runs there: include that node in spec.workload.nodeSelector and tolerations of the MultusInstall, or keep the pod off it; then ${restartOf(pod)}`,
        );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${asked}, because Multus is not ready there (${multus.pod}: ${multus.why}): fix that first, then ${restartOf(pod)}`,
    );
  // Multus' pod is ready, and the operator found what is wrong on the node all the same.
  if (input.nodeIssue !== undefined)
    return cause("NODE_UNHEALTHY", `${asked}: ${input.nodeIssue}. Then ${restartOf(pod)}`);
  const { startedAt } = pod;
  if (multus?.since !== undefined && startedAt !== undefined && startedBefore(startedAt, multus.since))
    return cause(
      "STARTED_BEFORE_MULTUS",
      `${asked}, because it started at ${startedAt}, before Multus was ready there at ${multus.since}: ${restartOf(pod)}`,
    );
  return cause(
    "BYPASSED",
    `${asked}: its sandbox was created without Multus, for example while Multus restarted or while another file sorted before its own in the CNI directory. ${capitalized(restartOf(pod))}; if that does not help, check that directory on ${pod.node}`,
  );
}

/** The thick daemon writes its configuration a second or two after it is ready. */
const SETTLING_MS = 5000;

function startedBefore(startedAt: string, readySince: string): boolean {
  return Date.parse(startedAt) < Date.parse(readySince) + SETTLING_MS;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
