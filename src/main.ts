import { Command } from "commander";
import { COMPLETE_OWN_ARGUMENT, completionCommand } from "./commands/completion.ts";
import { crdsCommand } from "./commands/crds.ts";
import { diffCommand } from "./commands/diff.ts";
import { pointToOwnHelp } from "./commands/help.ts";
import { importCommand } from "./commands/import.ts";
import { printError } from "./commands/input.ts";
import { COMPLETE_ARGUMENT, complete } from "./commands/kubectl/complete.ts";
import { kubectlMultus, PLUGIN_ARGUMENT, withoutEqualSigns } from "./commands/kubectl/program.ts";
import { nodeCommand } from "./commands/node.ts";
import { readLogEndCommand } from "./commands/read-log-end.ts";
import { renderCommand } from "./commands/render.ts";
import { runCommand } from "./commands/run.ts";
import { uninstallGuardCommand } from "./commands/uninstall-guard.ts";
import { validateCommand } from "./commands/validate.ts";
import { VERSION, versionCommand } from "./commands/version.ts";
import { KubeconfigError } from "./kube/errors.ts";

/** Exit codes: 0 done, 1 the input was rejected, 2 it could not be read or the command line is wrong. */
const program = new Command("multus-operator")
  .description("Installs, checks and removes Multus CNI on Kubernetes through one object, the MultusInstall.")
  .version(VERSION, "-V, --version")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .addHelpText(
    "after",
    `
Examples:
  multus-operator render -f multusinstall.yaml     what would be applied, offline
  multus-operator validate -f manifests/           check NADs, pods and MultusInstalls, offline
  multus-operator diff -f multusinstall.yaml       what would change in the cluster
  multus-operator import -f multus-daemonset.yml   from a handwritten manifest to a MultusInstall
  multus-operator crds | kubectl apply --server-side -f -
  multus-operator run --kubeconfig ~/.kube/config  the operator itself, outside of a cluster`,
  );

program
  .addCommand(runCommand())
  .addCommand(renderCommand())
  .addCommand(validateCommand())
  .addCommand(diffCommand())
  .addCommand(importCommand())
  .addCommand(crdsCommand())
  .addCommand(nodeCommand())
  .addCommand(uninstallGuardCommand())
  .addCommand(versionCommand())
  .addCommand(completionCommand())
  .addCommand(readLogEndCommand(), { hidden: true });
pointToOwnHelp(program);

for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
const [first, ...rest] = process.argv.slice(2);
try {
  await parse();
} catch (error) {
  if (!(error instanceof KubeconfigError)) throw error;
  printError(`error: ${error.message}. Check --kubeconfig and --context`);
  process.exitCode = 2;
}

async function parse(): Promise<void> {
  if (first === PLUGIN_ARGUMENT) await kubectlMultus().parseAsync(withoutEqualSigns(rest), { from: "user" });
  else if (first === COMPLETE_ARGUMENT) process.stdout.write(await complete(kubectlMultus(), rest));
  else if (first === COMPLETE_OWN_ARGUMENT) process.stdout.write(await complete(program, rest));
  else await program.parseAsync();
}

/** `multus-operator crds | head`: the reader has read enough, and the rest is dropped. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
