import type { PodOutcome } from "../outcome/outcome.ts";
import { GUARD } from "../outcome/sandbox-failure.ts";
import { type Cause, cause, editCommand } from "./cause-codes.ts";
import { badConfig } from "./cause-of-failure.ts";
import { type ExplainInput, errorsOf } from "./input.ts";
import { schedulerText } from "./wording.ts";

/** A pod without a sandbox, which Multus did not reject: what it waits for, and what will make it fail. */
export function pending(input: ExplainInput, { evidence }: PodOutcome): Cause {
  return (
    (input.pod.node === "" ? unscheduled(input) : undefined) ??
    failedBefore(input) ??
    badNetwork(input) ??
    unreadyNode(input) ??
    cause("STARTING", `${evidence}: no obstacle is known so far; try again in a moment`)
  );
}

function unscheduled({ pod, startupTaint: taint }: ExplainInput): Cause {
  const name = `${pod.namespace}/${pod.name}`;
  if (taint !== undefined && pod.unscheduled?.includes(taint))
    return cause(
      "STARTUP_TAINT",
      `no node accepts ${name} while nodes carry the taint ${taint}, which the operator removes when Multus is ready there: kubectl multus status shows the nodes that are not ready, and the cause`,
    );
  return cause(
    "UNSCHEDULED",
    pod.unscheduled
      ? `no node accepts ${name}, so nothing is attached yet: ${schedulerText(pod.unscheduled)}. Change what the scheduler names, such as the pod's requests, its nodeSelector or tolerations`
      : `${name} is not scheduled yet: try again in a moment, and check that a scheduler runs`,
  );
}

/** What failed before Multus was asked for a network. */
function failedBefore({ pod }: ExplainInput): Cause | undefined {
  if (!pod.failure) return undefined;
  const name = `${pod.namespace}/${pod.name}`;
  if (pod.failure.message.startsWith(GUARD))
    return cause(
      "MULTUS_CHANGING",
      `${name} waits while Multus is replaced on ${pod.node}: try again in half a minute, the kubelet retries automatically; if it lasts, run kubectl multus status`,
    );
  return cause(
    "NOT_MULTUS",
    `the sandbox of ${name} cannot be created, for a reason other than Multus: ${pod.failure.message}. Check the node's primary network and runtime: kubectl describe pod -n ${pod.namespace} ${pod.name}`,
  );
}

/** The first network whose configuration is not valid, or for which the node lacks something. */
function badNetwork(input: ExplainInput): Cause | undefined {
  const { pod } = input;
  for (const { namespace, name } of pod.request.ok ? pod.request.requests : []) {
    const key = `${namespace}/${name}`;
    const [error] = errorsOf(input, key);
    if (error) return badConfig(key, error);
    const [lack] = input.lacking.get(key) ?? [];
    if (lack !== undefined)
      return cause(
        lack.startsWith("plugin") ? "MISSING_BINARY" : "MISSING_MASTER",
        `${pod.node} has no ${lack}, which ${key} needs: install it there, or change the network (${editCommand(key)})`,
      );
  }
  return undefined;
}

function unreadyNode({ pod, nodeReady, multus, nodeIssue }: ExplainInput): Cause | undefined {
  const name = `${pod.namespace}/${pod.name}`;
  if (nodeReady === false)
    return cause(
      "STARTING",
      `${name} waits for its node: ${pod.node} is not Ready; kubectl describe node ${pod.node}`,
    );
  if (multus?.state === "unready")
    return cause(
      "NO_MULTUS_ON_NODE",
      `${name} waits on ${pod.node}, where Multus is not ready (${multus.pod}: ${multus.why}): fix that; the pod then starts automatically`,
    );
  if (nodeIssue === undefined) return undefined;
  return cause("NODE_UNHEALTHY", `${name} waits on ${pod.node}: ${nodeIssue}`);
}
