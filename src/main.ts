import { Command } from "commander";
import { COMPLETE_ARGUMENT, COMPLETE_OWN_ARGUMENT, PLUGIN_ARGUMENT } from "./commands/first-arguments.ts";
import { pointToOwnHelp } from "./commands/help.ts";
import { VERSION } from "./commands/version.ts";

/**
 * Each command is a part of the bundle, and only the part of the command that runs is loaded: a pod that inspects a node
 * starts in a third of the time that the whole program takes.
 */
const COMMANDS: Record<string, () => Promise<Command>> = {
  run: async () => (await import("./commands/run.ts")).runCommand(),
  render: async () => (await import("./commands/render.ts")).renderCommand(),
  validate: async () => (await import("./commands/validate.ts")).validateCommand(),
  diff: async () => (await import("./commands/diff.ts")).diffCommand(),
  import: async () => (await import("./commands/import.ts")).importCommand(),
  crds: async () => (await import("./commands/crds.ts")).crdsCommand(),
  node: async () => (await import("./commands/node.ts")).nodeCommand(),
  "uninstall-guard": async () => (await import("./commands/uninstall-guard.ts")).uninstallGuardCommand(),
  version: async () => (await import("./commands/version.ts")).versionCommand(),
  completion: async () => (await import("./commands/completion.ts")).completionCommand(),
  "read-log-end": async () => (await import("./commands/read-log-end.ts")).readLogEndCommand(),
};
const HIDDEN = "read-log-end";

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
  multus-operator crds | kubectl apply --server-side --force-conflicts -f -
  multus-operator run --kubeconfig ~/.kube/config  the operator itself, outside of a cluster`,
  );

for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
const [first = "", ...rest] = process.argv.slice(2);
try {
  await parse();
} catch (error) {
  const { KubeconfigError } = await import("./kube/errors.ts");
  if (!(error instanceof KubeconfigError)) throw error;
  const { printError } = await import("./commands/input.ts");
  printError(`error: ${error.message}. Check --kubeconfig and --context`);
  process.exitCode = 2;
}

async function parse(): Promise<void> {
  if (first === PLUGIN_ARGUMENT || first === COMPLETE_ARGUMENT) await parseForKubectl();
  else if (first === COMPLETE_OWN_ARGUMENT) {
    const { complete } = await import("./commands/kubectl/complete.ts");
    process.stdout.write(await complete(await withCommands(Object.keys(COMMANDS)), rest));
  } else
    await (await withCommands(Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS))).parseAsync();
}

async function parseForKubectl(): Promise<void> {
  const { kubectlMultus, withoutEqualSigns } = await import("./commands/kubectl/program.ts");
  if (first === PLUGIN_ARGUMENT) {
    await kubectlMultus().parseAsync(withoutEqualSigns(rest), { from: "user" });
    return;
  }
  const { complete } = await import("./commands/kubectl/complete.ts");
  process.stdout.write(await complete(kubectlMultus(), rest));
}

/** For help, completion and a suggestion for a wrong name all are needed. */
async function withCommands(names: readonly string[]): Promise<Command> {
  const commands = await Promise.all(names.map((name) => COMMANDS[name]?.()));
  for (const command of commands)
    if (command) program.addCommand(command, { hidden: command.name() === HIDDEN });
  pointToOwnHelp(program);
  return program;
}

/** `multus-operator crds | head`: the reader has read enough, and the rest is dropped. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
