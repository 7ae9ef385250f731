import { Command } from "commander";
import { validateCommand } from "../validate.ts";
import { VERSION, versionCommand } from "../version.ts";
import { explainCommand } from "./explain.ts";
import { logsCommand } from "./logs.ts";
import { networksCommand } from "./networks.ts";
import { podsCommand } from "./pods.ts";
import { addCommonOptions } from "./session.ts";
import { statusCommand } from "./status.ts";

/** By this first argument, which bin/kubectl-multus gives, the program is the kubectl plugin. */
export const PLUGIN_ARGUMENT = "kubectl-multus";

/** `kubectl multus`: what a user of a cluster asks about its networks. It only reads; `logs` runs a pod for a moment. */
export function kubectlMultus(): Command {
  const program = new Command("kubectl multus")
    .description(
      "Shows what Multus does in a cluster: which pods have their networks, and why others have not.",
    )
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(kubectl multus --help shows the commands)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      "after",
      `
Exit codes: 0 done; 1 the answer is that something is wrong; 2 the question could not be answered.

Examples:
  kubectl multus status                 the install, nodes, networks and pods at a glance
  kubectl multus pods -A --failing      which pods lack a network
  kubectl multus explain web-1 -n shop  why this pod has not its network
  kubectl multus logs --node worker-1   what Multus logged on that node
  kubectl multus validate -f nad.yaml   is a network right, before it is applied`,
    );
  addCommonOptions(program);
  program
    .addCommand(statusCommand())
    .addCommand(networksCommand())
    .addCommand(podsCommand())
    .addCommand(explainCommand())
    .addCommand(logsCommand())
    .addCommand(validateCommand("kubectl multus"))
    .addCommand(versionCommand());
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}
