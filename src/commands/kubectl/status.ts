import { Command } from "commander";
import {
  isReady,
  type ShownDuplicate,
  type ShownStatus,
  statusData,
  statusText,
} from "../../display/status.ts";
import { VERSION } from "../version.ts";
import { collectNetworks } from "./cluster/collect.ts";
import { findInstall } from "./cluster/install.ts";
import { warnMissingPermissions } from "./cluster/missing-permissions.ts";
import { operatorState } from "./cluster/operator.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { summarize } from "./cluster/summary.ts";
import { uncleanedNodes } from "./cluster/uncleaned-nodes.ts";
import { type OutputFormat, outputOption } from "./output.ts";
import { type CommonOptions, inSession, type Session } from "./session.ts";
import { show } from "./watch.ts";

interface StatusOptions extends CommonOptions {
  output?: OutputFormat;
  watch?: true;
}

export function statusCommand(): Command {
  const command = new Command("status")
    .description(
      "show the operator, the MultusInstall, its nodes, the networks, and the pods that request them",
    )
    .option("-w, --watch", "print again when something changes, until Ctrl-C")
    .addOption(outputOption("text", "wide", "json", "yaml"))
    .addHelpText(
      "after",
      `
The line "Operator" is based on the operator's Deployment and on the Lease that its leader renews. If no operator is
running, Ready is shown as Unknown, with the last reported value. Conditions that report nothing are left out; -o wide
shows them all. For an hour after a deletion, the command shows which nodes could not be cleaned.

Exit code 0: the MultusInstall is Ready; 1: it is not, there is none, or no operator is running; 2: the status cannot
be read.

Examples:
  kubectl multus status
  kubectl multus status -w
  kubectl multus status -o json | jq .pods`,
    );
  inSession<StatusOptions>(command, async (session, options) =>
    show(options, false, async () => {
      const reader = new PermittedReader(session.client);
      const shown = await gatherStatus(session, reader);
      warnMissingPermissions(reader);
      return {
        view: {
          data: () => statusData(shown),
          text: (paint) => statusText(shown, { wide: options.output === "wide", paint }),
        },
        code: isReady(shown) ? 0 : 1,
      };
    }),
  );
  return command;
}

/** Everything that `status` shows. */
export async function gatherStatus({ client }: Session, reader: PermittedReader): Promise<ShownStatus> {
  const found = await findInstall(client);
  const [operator, { networks, pods }] = await Promise.all([
    operatorState(reader),
    summarize(reader, found?.install),
  ]);
  const { metadata, status } = found?.install ?? {};
  return {
    operator,
    pluginVersion: VERSION,
    install: metadata &&
      status && {
        name: metadata.name,
        generation: metadata.generation,
        ...(metadata.deletionTimestamp === undefined ? {} : { deletedAt: metadata.deletionTimestamp }),
        status,
      },
    others: found?.others ?? [],
    ...(found ? {} : { uncleaned: await uncleanedNodes(reader) }),
    networks,
    pods,
    duplicates: (networks?.duplicateAddresses ?? 0) > 0 ? await duplicatesIn(reader) : undefined,
  };
}

/** By the reports on all networks as they are now: the status has only their number. */
async function duplicatesIn(reader: PermittedReader): Promise<ShownDuplicate[] | undefined> {
  const networks = await collectNetworks(reader, undefined);
  return (
    networks &&
    [...networks.reports].flatMap(([network, { duplicates = [] }]) =>
      duplicates.map(({ address, pods, otherPods }) => ({ network, address, pods, otherPods })),
    )
  );
}
