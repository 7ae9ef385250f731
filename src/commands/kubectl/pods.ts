import { Command } from "commander";
import { listed } from "../../crds/listed.ts";
import { isFailing, podData, podsTable } from "../../display/pods.ts";
import { oneLine } from "../../display/text.ts";
import { NETWORKS } from "../../networks/pod-request/request.ts";
import { collectNetworks, collectPods } from "./cluster/collect.ts";
import { findInstall } from "./cluster/install.ts";
import { requireReadable, warnMissingPermissions } from "./cluster/missing-permissions.ts";
import { requireNamespace } from "./cluster/namespace.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { type OutputFormat, outputOption } from "./output.ts";
import { type CommonOptions, inSession } from "./session.ts";
import { show } from "./watch.ts";

interface PodsOptions extends CommonOptions {
  allNamespaces?: true;
  failing?: true;
  output?: OutputFormat;
  selector?: string;
  headers: boolean;
  watch?: true;
}

export function podsCommand(): Command {
  const command = new Command("pods")
    .description("show the networks that pods request next to those that they have")
    .option("-A, --all-namespaces", "pods of every namespace")
    .option("--failing", "only pods that are missing a network, or need a restart")
    .option("-l, --selector <selector>", "only pods with these labels")
    .option("--no-headers", "leave out the line that names the columns")
    .option("-w, --watch", "print again what changes, until Ctrl-C")
    .addOption(outputOption("text", "wide", "name", "json", "yaml"))
    .addHelpText(
      "after",
      `
One line per attachment; "reported" is what Multus wrote into the pod's status. The outcomes: attached, pending, failed,
bypassed (the pod runs without its networks), partial, restart-needed (the network changed after the pod was attached),
missing-network, forbidden-network, not-applicable. -o wide shows the evidence; kubectl multus explain POD shows the cause.

Examples:
  kubectl multus pods -n shop
  kubectl multus pods -n shop -l app=web -w
  kubectl multus pods -A --failing -o wide
  kubectl multus pods -A -o json | jq -r '.[] | select(.outcome == "bypassed") | .pod'`,
    );
  inSession<PodsOptions>(command, async (session, options) =>
    show(options, true, async () => {
      const { allNamespaces = false, failing = false, output, selector, headers } = options;
      const reader = new PermittedReader(session.client);
      const namespace = allNamespaces ? undefined : session.namespace;
      const [networks, found] = await Promise.all([
        collectNetworks(reader, namespace),
        reader.tryRead(() => findInstall(session.client)),
      ]);
      const misspelled: string[] = [];
      const all = requireReadable(
        reader,
        await collectPods(reader, {
          ...{ namespace, networks, install: found?.install, selector },
          onMisspelled: (pod, annotation) => misspelled.push(`${pod} (${annotation})`),
        }),
      );
      if (all.length === 0) await requireNamespace(reader, namespace);
      const pods = failing ? all.filter(isFailing) : all;
      warnMissingPermissions(reader);
      if (misspelled.length > 0) process.stderr.write(`${misspelledText(misspelled)}\n`);
      return {
        view: {
          data: () => pods.map(podData),
          names: () => pods.map(({ name }) => `pod/${name}`),
          text: (paint) =>
            pods.length > 0
              ? podsTable(pods, { namespaces: allNamespaces, wide: output === "wide", headers, paint })
              : `${nothing(failing, all.length, namespace, selector)}\n`,
        },
      };
    }),
  );
  return command;
}

/** Such a pod requests nothing, so that no list has it. */
function misspelledText(pods: readonly string[]): string {
  const names = oneLine(listed(pods, 5), 2048);
  return `warning: an annotation looks like ${NETWORKS}, and Multus does not read it: ${names}`;
}

function nothing(
  failing: boolean,
  requesting: number,
  namespace: string | undefined,
  selector: string | undefined,
): string {
  const which = selector === undefined ? "" : ` with the labels ${selector}`;
  const where = namespace === undefined ? "in the cluster" : `in namespace ${namespace}`;
  if (failing && requesting > 0)
    return `No pod${which} ${where} is missing a network; pods that request one: ${requesting}.`;
  return `No pod${which} ${where} requests a network.`;
}
