import { Command } from "commander";
import { explanationData, explanationText, type ShownExplanation } from "../../display/explanation.ts";
import { isWell } from "../../display/pods.ts";
import { type ApiObject, PODS } from "../../kube/resource.ts";
import type { CauseCode } from "../../networks/explain/cause-codes.ts";
import { chainOf } from "../../networks/explain/chain.ts";
import { explain } from "../../networks/explain/explain.ts";
import { OUTCOMES, type OutcomeKind } from "../../networks/outcome/outcome.ts";
import type { ApiPod } from "./cluster/api-pod.ts";
import { collectNetworks, collectPods } from "./cluster/collect.ts";
import { findInstall } from "./cluster/install.ts";
import { requireNamespace } from "./cluster/namespace.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { gatherPodFacts } from "./cluster/pod-facts.ts";
import { parseTarget, podsOfWorkload, requireTarget } from "./cluster/workload.ts";
import { UsageError } from "./errors.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { type CommonOptions, inSession } from "./session.ts";

export function explainCommand(): Command {
  const command = new Command("explain")
    .description("explain why a pod is missing a network, and how to fix it")
    .argument("<pod>", "POD, NAMESPACE/POD, or a workload: deploy/NAME, sts/NAME, ds/NAME, rs/NAME, job/NAME")
    .argument("[name]", "the name, if the first argument is only a kind")
    .addOption(outputOption("text", "json", "yaml"))
    .addHelpText(
      "after",
      `
The command follows the chain from the pod's annotation to the NetworkAttachmentDefinition, the node, the kubelet's event and
the status that Multus wrote, and ends with one sentence. -o json adds a stable "code". For a workload it counts the
pods by outcome, and explains one that fails or else one that is pending, if any.

Exit code 0: the pod has its networks; 1: it does not; 2: this cannot be determined.

Examples:
  kubectl multus explain web-1
  kubectl multus explain shop/web-1
  kubectl multus explain deploy/web -n shop
  kubectl multus explain web-1 -o json | jq -r .code`,
    );
  inSession<CommonOptions & { output?: OutputFormat }>(command, async (session, { output }, words) => {
    const target = parseTarget(words);
    const namespace = target.namespace ?? session.namespace;
    const reader = new PermittedReader(session.client);
    const object = await requireTarget(reader, target, namespace).catch(async (error: unknown) => {
      await requireNamespace(reader, namespace);
      throw error;
    });
    const shown =
      target.type === PODS
        ? await explained(reader, object as ApiPod)
        : await explainedWorkload(reader, object, target.type.kind);
    print(output, {
      data: () => explanationData(shown),
      text: (paint) => explanationText(shown, paint),
    });
    return exitCodeOf(shown.explanation.code);
  });
  return command;
}

/** What the command's help promises: 0 if the pod has its networks, 1 if it does not, 2 if that is not known. */
export function exitCodeOf(code: CauseCode): number {
  if (code === "NODE_UNREACHABLE") return 2;
  return code === "ATTACHED" ? 0 : 1;
}

/** Why the pod does not have its networks, and the chain to that. */
export async function explained(reader: PermittedReader, pod: ApiPod): Promise<ShownExplanation> {
  const input = await gatherPodFacts(reader, pod);
  const explanation = explain(input);
  return {
    namespace: input.pod.namespace,
    pod: input.pod.name,
    explanation,
    chain: chainOf(input, explanation.outcome),
    unread: [...reader.missingPermissions],
  };
}

/** One pod of the workload: one that fails, else one that waits, if there is one. */
async function explainedWorkload(
  reader: PermittedReader,
  workload: ApiObject,
  kind: string,
): Promise<ShownExplanation> {
  const { name, namespace } = workload.metadata;
  const pods = await podsOfWorkload(reader, { ...workload, kind });
  if (pods.length === 0)
    throw new UsageError(
      `${kind} ${name} in namespace ${namespace} has no pods: kubectl describe ${kind.toLowerCase()} -n ${namespace} ${name} shows why`,
    );
  const outcomes = await outcomesOf(reader, namespace ?? "", pods);
  const order = Object.keys(OUTCOMES);
  const rank = (outcome: OutcomeKind) => {
    const group = !isWell(outcome) ? 0 : outcome === "pending" ? 1 : 2;
    return group * order.length + order.indexOf(outcome);
  };
  const sorted = pods
    .map((pod) => ({ pod, outcome: outcomes.get(pod.metadata.name) ?? ("not-applicable" as const) }))
    .toSorted((a, b) => rank(a.outcome) - rank(b.outcome));
  const counts: Record<string, number> = {};
  for (const { outcome } of sorted) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const [worst] = sorted as [(typeof sorted)[number]];
  return { ...(await explained(reader, worst.pod)), workload: { kind, name, outcomes: counts } };
}

/** What became of the pods that request networks, by name. */
async function outcomesOf(
  reader: PermittedReader,
  namespace: string,
  pods: readonly ApiPod[],
): Promise<Map<string, OutcomeKind>> {
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  const networks = await collectNetworks(reader, namespace);
  const found = await reader.tryRead(() => findInstall(reader.client));
  const collected = (await collectPods(reader, { namespace, networks, install: found?.install })) ?? [];
  return new Map(
    collected.filter(({ name }) => names.has(name)).map(({ name, outcome }) => [name, outcome.kind]),
  );
}
