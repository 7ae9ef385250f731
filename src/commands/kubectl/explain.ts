import { Command } from "commander";
import { closest } from "../../crds/suggestion.ts";
import { explanationData, explanationText } from "../../display/explanation.ts";
import { PODS } from "../../kube/resource.ts";
import { chainOf } from "../../networks/explain/chain.ts";
import { explain } from "../../networks/explain/explain.ts";
import { UsageError } from "./failure.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { PermittedReader } from "./permitted-reader.ts";
import { type ApiPod, gatherPodFacts } from "./pod-facts.ts";
import { type CommonOptions, inSession, type Session } from "./session.ts";

export function explainCommand(): Command {
  const command = new Command("explain")
    .description("say why a pod has not the networks that it asks for, and the way out")
    .argument("<pod>", "name of the pod, or pod/NAME")
    .addOption(outputOption("text", "json", "yaml"))
    .addHelpText(
      "after",
      `
It follows the chain from the pod's annotation to the NetworkAttachmentDefinition, the node, the kubelet's event and
the status that Multus wrote, and ends in one sentence. -o json has a stable "code" beside it.

Exit code 0: the pod has its networks; 1: it has not; 2: that could not be found out.

Examples:
  kubectl multus explain web-1
  kubectl multus explain pod/web-1 -n shop
  kubectl multus explain web-1 -o json | jq -r .code`,
    );
  inSession<CommonOptions & { output?: OutputFormat }>(command, async (session, { output }, [name = ""]) => {
    const pod = await findPod(session, name.replace(/^pods?\//, ""));
    const reader = new PermittedReader(session.client);
    const input = await gatherPodFacts(reader, pod);
    const explanation = explain(input);
    const shown = {
      namespace: input.pod.namespace,
      pod: input.pod.name,
      explanation,
      chain: chainOf(input, explanation.outcome),
      unread: [...reader.missingPermissions],
    };
    print(
      output,
      () => explanationData(shown),
      () => explanationText(shown),
    );
    return explanation.code === "ATTACHED" ? 0 : 1;
  });
  return command;
}

async function findPod({ client, namespace }: Session, name: string): Promise<ApiPod> {
  const pod = await client.get<ApiPod>({ type: PODS, namespace, name });
  if (pod) return pod;
  const { items } = await client.list(PODS, { namespace });
  const near = closest(
    name,
    items.map(({ metadata }) => metadata.name),
  );
  throw new UsageError(
    `there is no pod ${name} in namespace ${namespace}${near === undefined ? ": name its namespace with -n" : `; did you mean ${near}?`}`,
  );
}
