import { Command } from "commander";
import { pointToOwnHelp } from "../help.ts";
import { validateCommand } from "../validate.ts";
import { VERSION } from "../version.ts";
import { checkCommand } from "./check.ts";
import { explainCommand } from "./explain.ts";
import { logsCommand } from "./logs/logs.ts";
import { networksCommand } from "./networks.ts";
import { nodesCommand } from "./nodes.ts";
import { podsCommand } from "./pods.ts";
import { addCommonOptions } from "./session.ts";
import { statusCommand } from "./status.ts";
import { sysdumpCommand } from "./sysdump/sysdump.ts";
import { pluginVersionCommand } from "./version.ts";

/** kubectl takes -n=shop and -v=6 too, which Commander reads as the values "=shop" and "=6". */
export function withoutEqualSigns(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  return words.map((word, at) => (end >= 0 && at > end ? word : word.replace(/^(-[a-zA-Z])=/, "$1")));
}

/** `kubectl multus`: answers about the networks of a cluster. It only reads; `logs` runs a pod for a moment. */
export function kubectlMultus(): Command {
  const program = new Command("kubectl multus")
    .description(
      "Shows the state of Multus in a cluster: which pods have their networks, and why others do not.",
    )
    .version(VERSION, "-V, --version")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      "after",
      `
Exit codes: 0: no problem; 1: a problem was found; 2: the answer cannot be determined.

Examples:
  kubectl multus status                 the operator, the install, nodes, networks and pods
  kubectl multus pods -A --failing      pods that are missing a network
  kubectl multus explain web-1 -n shop  why this pod is missing a network
  kubectl multus check -A               every mistake in networks, pods and workloads
  kubectl multus nodes                  where Multus is ready, and what nodes lack
  kubectl multus logs worker-1          what Multus logged on that node
  kubectl multus sysdump                an archive for a bug report
  kubectl multus validate -f nad.yaml   check a network before you apply it`,
    );
  addCommonOptions(program);
  program
    .addCommand(statusCommand())
    .addCommand(nodesCommand())
    .addCommand(networksCommand())
    .addCommand(podsCommand())
    .addCommand(explainCommand())
    .addCommand(checkCommand())
    .addCommand(logsCommand())
    .addCommand(sysdumpCommand())
    .addCommand(validateCommand("kubectl multus"))
    .addCommand(pluginVersionCommand());
  pointToOwnHelp(program);
  return program;
}
