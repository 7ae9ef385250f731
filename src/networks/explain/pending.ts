import type { PodOutcome } from "../outcome.ts";
import { GUARD } from "../sandbox-failure.ts";
import { badConfig, type Cause, cause, editCommand } from "./causes.ts";
import { type ExplainInput, errorsOf } from "./input.ts";
import { schedulerText } from "./wording.ts";

/** A pod without a sandbox, which Multus has not refused: what it waits for, and what will stand in its way. */
export function pending(input: ExplainInput, { evidence }: PodOutcome): Cause {
  const { pod, multus } = input;
  const name = `${pod.namespace}/${pod.name}`;
  const taint = input.startupTaint;
  if (pod.node === "" && taint !== undefined && pod.unscheduled?.includes(taint))
    return cause(
      "STARTUP_TAINT",
      `no node takes ${name} while nodes carry the taint ${taint}, which the operator removes when Multus is ready there: kubectl multus status says where it is not, and why`,
    );
  if (pod.node === "")
    return cause(
      "UNSCHEDULED",
      pod.unscheduled
        ? `no node takes ${name}, so nothing is attached yet: ${schedulerText(pod.unscheduled)}. Change what the scheduler names, such as the pod's requests, its nodeSelector or tolerations`
        : `${name} is not scheduled yet: look again in a moment, and whether a scheduler runs`,
    );
  if (pod.failure?.message.startsWith(GUARD))
    return cause(
      "MULTUS_CHANGING",
      `${name} waits while Multus is exchanged on ${pod.node}: look again in half a minute, the kubelet tries by itself; if it lasts, kubectl multus status`,
    );
  if (pod.failure)
    return cause(
      "NOT_MULTUS",
      `the sandbox of ${name} cannot be made, and not for Multus' sake: ${pod.failure.message}. Look at the node's own network and runtime: kubectl describe pod -n ${pod.namespace} ${pod.name}`,
    );
  for (const { namespace, name: nad } of pod.request.ok ? pod.request.requests : []) {
    const key = `${namespace}/${nad}`;
    const [error] = errorsOf(input, key);
    if (error) return badConfig(key, error);
    const [lack] = input.lacking.get(key) ?? [];
    if (lack !== undefined)
      return cause(
        lack.startsWith("plugin") ? "MISSING_BINARY" : "MISSING_MASTER",
        `${pod.node} has no ${lack}, which ${key} needs: put it there, or change the network (${editCommand(key)})`,
      );
  }
  if (input.nodeReady === false)
    return cause(
      "STARTING",
      `${name} waits for its node: ${pod.node} is not Ready; kubectl describe node ${pod.node}`,
    );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${name} waits on ${pod.node}, where Multus is not ready (${multus.pod}: ${multus.why}): mend that; the pod then starts by itself`,
    );
  return cause("STARTING", `${evidence}: nothing stands in its way so far; look again in a moment`);
}
