import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { type CanaryView, probesWithoutSandbox } from "../canary/canary.ts";
import type { Gate } from "../canary/gate.ts";
import { sandboxFailure } from "../canary/probe.ts";
import type { ReconcileScope } from "../scope.ts";

/** The view with why the sandboxes of probes were not created. */
export async function observeCanary(
  scope: ReconcileScope,
  gate: Gate,
  view: Omit<CanaryView, "sandboxFailures">,
): Promise<CanaryView> {
  const sandboxFailures = new Map<string, string>();
  if (gate.kind === "Held" && view.isSeen)
    for (const pod of probesWithoutSandbox(gate.trial, view))
      sandboxFailures.set(pod.uid, await sandboxFailure(scope, pod));
  return { ...view, sandboxFailures };
}

/**
 * The network of a canary's probe, "namespace/name", if it does not exist. Without it the probe would fail on the first
 * node, a minute later, as if Multus were at fault.
 */
export async function missingProbeNetwork(
  { deps }: ReconcileScope,
  namespace: string,
  gate: Gate,
): Promise<string | undefined> {
  if (gate.kind !== "Held" || !gate.trial.begins) return undefined;
  const name = gate.trial.network;
  const found = await deps.client.get<ApiObject>({ type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name });
  return found ? undefined : `${namespace}/${name}`;
}
