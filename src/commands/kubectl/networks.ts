import { Command } from "commander";
import { partsOf } from "../../crds/namespaced-name.ts";
import { networkData, networkDetails, networksTable, type ShownNetwork } from "../../display/networks.ts";
import { pluginsText } from "../../networks/node-requirements.ts";
import { keyOf } from "../../networks/pod-request/request.ts";
import { type CollectedNetworks, collectNetworks, collectPods } from "./cluster/collect.ts";
import { findInstall } from "./cluster/install.ts";
import { requireReadable, warnMissingPermissions } from "./cluster/missing-permissions.ts";
import { requireNamespace } from "./cluster/namespace.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { UsageError } from "./errors.ts";
import { type OutputFormat, outputOption } from "./output.ts";
import { type CommonOptions, inSession } from "./session.ts";
import { show } from "./watch.ts";

interface NetworksOptions extends CommonOptions {
  allNamespaces?: true;
  output?: OutputFormat;
  selector?: string;
  headers: boolean;
}

export function networksCommand(): Command {
  const command = new Command("networks")
    .description("show NetworkAttachmentDefinitions: whether they are valid, and which pods have them")
    .argument("[name]", "show everything about one network")
    .option("-A, --all-namespaces", "those of every namespace")
    .option("-l, --selector <selector>", "only NetworkAttachmentDefinitions with these labels")
    .option("--no-headers", "leave out the line that names the columns")
    .addOption(outputOption("text", "wide", "name", "json", "yaml"))
    .addHelpText(
      "after",
      `
The command shows the operator's reports (kubectl get networkattachmentreports). If a report is missing or
describes an earlier configuration, the plugin checks the configuration and counts the pods of the namespace (with -A, of
the cluster) itself; "available" is then unknown.

Examples:
  kubectl multus networks -A -o wide
  kubectl multus networks macvlan-conf -n shop   findings, ranges, what nodes lack, pods
  kubectl multus networks -A -o json | jq '.[] | select(.valid == "False")'`,
    );
  inSession<NetworksOptions>(command, async (session, options, [name]) =>
    show({ ...(options.output ? { output: options.output } : {}) }, true, async () => {
      const { allNamespaces = false, output, selector, headers } = options;
      const reader = new PermittedReader(session.client);
      const namespace = allNamespaces ? undefined : session.namespace;
      const networks = requireReadable(reader, await collectNetworks(reader, namespace, selector));
      if (networks.keys.length === 0) await requireNamespace(reader, namespace);
      const keys =
        name === undefined ? networks.keys : [requireNetwork(networks, `${session.namespace}/${name}`)];
      const shown = await networksOf(reader, networks, keys, namespace);
      warnMissingPermissions(reader);
      return {
        view: {
          data: () => (name === undefined ? shown.map(networkData) : networkData(shown[0] as ShownNetwork)),
          names: () =>
            shown.map((network) => `network-attachment-definition.k8s.cni.cncf.io/${network.name}`),
          text: (paint) => {
            if (name !== undefined) return shown.map(networkDetails).join("\n");
            if (shown.length === 0) return noNetworks(selector, namespace);
            const wide = output === "wide";
            return networksTable(shown, { namespaces: allNamespaces, wide, headers, paint });
          },
        },
      };
    }),
  );
  return command;
}

function noNetworks(selector: string | undefined, namespace: string | undefined): string {
  const labels = selector === undefined ? "" : ` with the labels ${selector}`;
  const where = namespace === undefined ? "" : ` in namespace ${namespace} (-A: all namespaces)`;
  return `There is no NetworkAttachmentDefinition${labels}${where}.\n`;
}

async function networksOf(
  reader: PermittedReader,
  networks: CollectedNetworks,
  keys: readonly string[],
  namespace: string | undefined,
): Promise<ShownNetwork[]> {
  const unreported = keys.some((key) => networks.reports.get(key)?.pods === undefined);
  const install = unreported ? await reader.tryRead(() => findInstall(reader.client)) : undefined;
  const pods = unreported
    ? await collectPods(reader, { namespace, networks, install: install?.install })
    : undefined;
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

/** Throws a UsageError if there is no such NAD. */
function requireNetwork(networks: CollectedNetworks, key: string): string {
  if (networks.read(key)) return key;
  const { namespace, name } = partsOf(key);
  throw new UsageError(
    `there is no NetworkAttachmentDefinition ${name} in namespace ${namespace} (existing: ${networks.keys.slice(0, 20).join(", ") || "none"})`,
  );
}
