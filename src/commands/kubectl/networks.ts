import { Command } from "commander";
import { networkData, networkDetails, networksTable, type ShownNetwork } from "../../display/networks.ts";
import { keyOf } from "../../networks/attachments.ts";
import { pluginsText } from "../../networks/needs.ts";
import { type CollectedNetworks, collectNetworks, collectPods } from "./collect.ts";
import { UsageError } from "./failure.ts";
import { findInstall } from "./install.ts";
import { requireReadable, warnMissingPermissions } from "./missing-permissions.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { PermittedReader } from "./permitted-reader.ts";
import { type CommonOptions, inSession } from "./session.ts";

interface NetworksOptions extends CommonOptions {
  allNamespaces?: true;
  output?: OutputFormat;
}

export function networksCommand(): Command {
  const command = new Command("networks")
    .description("show NetworkAttachmentDefinitions: are they valid, and which pods have them")
    .argument("[name]", "show all of one")
    .option("-A, --all-namespaces", "those of every namespace")
    .addOption(outputOption("text", "wide", "json", "yaml"))
    .addHelpText(
      "after",
      `
It shows the operator's reports (kubectl get networkattachmentreports). Where there is none, the configuration is
checked here, "available" stays unknown, and pods are counted by a look at the namespace, or with -A at the cluster.

Examples:
  kubectl multus networks -A -o wide
  kubectl multus networks macvlan-conf -n shop   findings, ranges, nodes that lack something, pods
  kubectl multus networks -A -o json | jq '.[] | select(.valid == "False")'`,
    );
  inSession<NetworksOptions>(command, async (session, { allNamespaces = false, output }, [name]) => {
    const reader = new PermittedReader(session.client);
    const namespace = allNamespaces ? undefined : session.namespace;
    const networks = requireReadable(reader, await collectNetworks(reader, namespace));
    const keys =
      name === undefined ? networks.keys : [await requireNetwork(networks, `${session.namespace}/${name}`)];
    const shown = await networksOf(reader, networks, keys, namespace);
    print(
      output,
      () => (name === undefined ? shown.map(networkData) : networkData(shown[0] as ShownNetwork)),
      () => {
        if (name !== undefined) return shown.map(networkDetails).join("\n");
        if (shown.length > 0)
          return networksTable(shown, { namespaces: allNamespaces, wide: output === "wide" });
        return `There is no NetworkAttachmentDefinition${namespace === undefined ? "" : ` in namespace ${namespace} (-A: every namespace)`}.\n`;
      },
    );
    warnMissingPermissions(reader);
    return undefined;
  });
  return command;
}

async function networksOf(
  reader: PermittedReader,
  networks: CollectedNetworks,
  keys: readonly string[],
  namespace: string | undefined,
): Promise<ShownNetwork[]> {
  const unreported = keys.some((key) => networks.reports.get(key)?.pods === undefined);
  const install = unreported ? await reader.tryRead(() => findInstall(reader.client)) : undefined;
  const pods = unreported ? await collectPods(reader, namespace, networks, install?.install) : undefined;
  return keys.flatMap((key) => {
    const read = networks.read(key);
    if (!read) return [];
    const report = networks.reports.get(key);
    const outcomes = pods
      ?.filter(({ outcome }) => outcome.attachments.some(({ request }) => keyOf(request) === key))
      .map(({ outcome }) => outcome);
    const { namespace: ns, name } = read.network.nad;
    return [
      {
        namespace: ns,
        name,
        plugins: pluginsText(read.network),
        findings: read.findings,
        ...(report ? { report } : {}),
        ...(outcomes ? { outcomes } : {}),
      },
    ];
  });
}

async function requireNetwork(networks: CollectedNetworks, key: string): Promise<string> {
  if (networks.read(key)) return key;
  const [namespace, name] = key.split("/");
  throw new UsageError(
    `there is no NetworkAttachmentDefinition ${name} in namespace ${namespace} (there are: ${networks.keys.slice(0, 20).join(", ") || "none"})`,
  );
}
