import { Command } from "commander";
import { isReady, type ShownStatus, statusData, statusText } from "../../display/status.ts";
import { findInstall } from "./install.ts";
import { warnMissingPermissions } from "./missing-permissions.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { PermittedReader } from "./permitted-reader.ts";
import { type CommonOptions, inSession } from "./session.ts";
import { summarize } from "./summary.ts";

export function statusCommand(): Command {
  const command = new Command("status")
    .description(
      "show Multus at a glance: the install, its nodes, the networks, and the pods that ask for them",
    )
    .addOption(outputOption("text", "json", "yaml"))
    .addHelpText(
      "after",
      `
Exit code 0: the MultusInstall is Ready; 1: it is not, or there is none; 2: that could not be found out.

Examples:
  kubectl multus status
  kubectl multus status -o json | jq .pods`,
    );
  inSession<CommonOptions & { output?: OutputFormat }>(command, async ({ client }, { output }) => {
    const reader = new PermittedReader(client);
    const found = await findInstall(client);
    const { networks, pods } = await summarize(reader, found?.install);
    const shown: ShownStatus = {
      install: found && {
        name: found.install.metadata.name,
        generation: found.install.metadata.generation,
        status: found.install.status,
      },
      others: found?.others ?? [],
      networks,
      pods,
    };
    print(
      output,
      () => statusData(shown),
      () => statusText(shown),
    );
    warnMissingPermissions(reader);
    return isReady(shown) ? 0 : 1;
  });
  return command;
}
