import { Command } from "commander";
import { isFailing, podData, podsTable } from "../../display/pods.ts";
import { collectNetworks, collectPods } from "./collect.ts";
import { findInstall } from "./install.ts";
import { requireReadable, warnMissingPermissions } from "./missing-permissions.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { PermittedReader } from "./permitted-reader.ts";
import { type CommonOptions, inSession } from "./session.ts";

interface PodsOptions extends CommonOptions {
  allNamespaces?: true;
  failing?: true;
  output?: OutputFormat;
}

export function podsCommand(): Command {
  const command = new Command("pods")
    .description("show which networks pods ask for beside those that they have")
    .option("-A, --all-namespaces", "pods of every namespace")
    .option("--failing", "only pods that lack something, or need a restart")
    .addOption(outputOption("text", "wide", "json", "yaml"))
    .addHelpText(
      "after",
      `
A line an attachment; "reported" is what Multus wrote into the pod's status. The outcomes: attached, pending, failed,
bypassed (it runs without its networks), partial, restart-needed (the network changed since), missing-network,
forbidden-network, not-applicable. -o wide says how each is known, kubectl multus explain POD why.

Examples:
  kubectl multus pods -n shop
  kubectl multus pods -A --failing -o wide
  kubectl multus pods -A -o json | jq -r '.[] | select(.outcome == "bypassed") | .pod'`,
    );
  inSession<PodsOptions>(command, async (session, { allNamespaces = false, failing = false, output }) => {
    const reader = new PermittedReader(session.client);
    const namespace = allNamespaces ? undefined : session.namespace;
    const [networks, found] = await Promise.all([
      collectNetworks(reader, namespace),
      reader.tryRead(() => findInstall(session.client)),
    ]);
    const all = requireReadable(reader, await collectPods(reader, namespace, networks, found?.install));
    const pods = failing ? all.filter(isFailing) : all;
    print(
      output,
      () => pods.map(podData),
      () =>
        pods.length > 0
          ? podsTable(pods, { namespaces: allNamespaces, wide: output === "wide" })
          : `${nothing(failing, all.length, namespace)}\n`,
    );
    warnMissingPermissions(reader);
    return undefined;
  });
  return command;
}

function nothing(failing: boolean, asking: number, namespace: string | undefined): string {
  const where = namespace === undefined ? "in the cluster" : `in namespace ${namespace}`;
  if (failing && asking > 0)
    return `No pod ${where} lacks a network: all ${asking} that ask for one are well.`;
  return `No pod ${where} asks for a network.`;
}
