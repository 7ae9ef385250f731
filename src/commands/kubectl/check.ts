import { Command } from "commander";
import { MULTUS_INSTALL } from "../../crds/multus-install/multus-install.ts";
import type { Paint } from "../../display/color.ts";
import { type ClusterCheck, type ClusterFinding, checkCluster } from "../../validate/cluster.ts";
import { objectFindingText, summaryLine } from "../../validate/summary.ts";
import { clusterObjects } from "./cluster/checked-objects.ts";
import { warnMissingPermissions } from "./cluster/missing-permissions.ts";
import { requireNamespace } from "./cluster/namespace.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { type CommonOptions, inSession } from "./session.ts";

interface CheckOptions extends CommonOptions {
  allNamespaces?: true;
  output?: OutputFormat;
}

/** `check`: what `validate` does for files, for what the cluster has. */
export function checkCommand(): Command {
  const command = new Command("check")
    .description("check the networks, pods and workloads in the cluster, and the MultusInstall")
    .option("-A, --all-namespaces", "those of every namespace")
    .addOption(outputOption("text", "json", "yaml"))
    .addHelpText(
      "after",
      `
The command applies the rules of validate, and also reports requested networks that do not exist, and what the operator
found on the nodes. For pods of a workload, it checks the workload instead. kubectl multus status shows whether Multus
itself runs, and kubectl multus pods --failing shows which pods are missing a network now.

One line per finding: severity: object: field: what is wrong [code]

Exit code 0: no errors; 1: errors; 2: the cluster cannot be read.

Examples:
  kubectl multus check -n shop
  kubectl multus check -A -o json | jq 'map(select(.severity == "error"))'`,
    );
  inSession<CheckOptions>(command, async (session, { allNamespaces = false, output }) => {
    const reader = new PermittedReader(session.client);
    const namespace = allNamespaces ? undefined : session.namespace;
    const check = checkCluster(await clusterObjects(reader, namespace), namespace);
    if (![...check.checked.keys()].some((kind) => kind !== MULTUS_INSTALL.kind))
      await requireNamespace(reader, namespace);
    warnMissingPermissions(reader);
    print(output, { data: () => check.findings, text: (paint) => textOf(check, paint) });
    return check.findings.some(({ severity }) => severity === "error") ? 1 : 0;
  });
  return command;
}

function textOf(check: ClusterCheck, paint: Paint): string {
  const tone = ({ severity }: ClusterFinding) => (severity === "error" ? "bad" : "doubtful");
  const lines = check.findings.map(
    (finding) => `${paint(tone(finding), `${finding.severity}:`)} ${objectFindingText(finding)}`,
  );
  return `${[...lines, summaryLine(check)].join("\n")}\n`;
}
