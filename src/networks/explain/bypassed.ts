import { type Cause, cause } from "./causes.ts";
import type { ExplainInput } from "./input.ts";
import { restartOf } from "./wording.ts";

/** A pod that runs, and for which Multus reported nothing: where was Multus when it was started? */
export function bypassed(input: ExplainInput): Cause {
  const { pod, multus } = input;
  const asked = `${pod.namespace}/${pod.name} runs on ${pod.node} without the networks that it asked for`;
  if (multus?.state === "absent")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${asked}, since no Multus pod runs there: let spec.workload.nodeSelector and tolerations of the MultusInstall take that node in, or keep the pod off it; then ${restartOf(pod)}`,
    );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${asked}, since Multus is not ready there (${multus.pod}: ${multus.why}): mend that first, then ${restartOf(pod)}`,
    );
  const { startedAt } = pod;
  if (multus?.since !== undefined && startedAt !== undefined && startedBefore(startedAt, multus.since))
    return cause(
      "STARTED_BEFORE_MULTUS",
      `${asked}, since it was started at ${startedAt}, before Multus was ready there at ${multus.since}: ${restartOf(pod)}`,
    );
  return cause(
    "BYPASSED",
    `${asked}: its sandbox was made without Multus, as while Multus was restarted or while another file sorted before its own in the CNI directory. ${capitalized(restartOf(pod))}; if that does not help, look at that directory on ${pod.node}`,
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
