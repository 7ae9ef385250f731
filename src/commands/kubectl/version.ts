import { Command } from "commander";
import { hasSkew, type OperatorState } from "../../display/operator.ts";
import { oneLine } from "../../display/text.ts";
import { VERSION, versionData, versionLine } from "../version.ts";
import { operatorState } from "./cluster/operator.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { remedy } from "./failure.ts";
import { type OutputFormat, outputOption, print } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface VersionOptions extends CommonOptions {
  client?: true;
  output?: OutputFormat;
}

/** `version`: of the plugin, and of the operator on the cluster. */
export function pluginVersionCommand(): Command {
  const command = new Command("version")
    .description("print the version of the plugin, and that of the operator in the cluster")
    .option("--client", "the plugin's version only, without a cluster")
    .addOption(outputOption("text", "json", "yaml"))
    .addHelpText("after", "\nExit code 0: printed; 2: the cluster does not answer.");
  return command.action(async () => {
    const { client, output } = command.optsWithGlobals<VersionOptions>();
    const server = client ? undefined : await operatorOn(command.optsWithGlobals<VersionOptions>());
    print(output, {
      data: () => ({ client: versionData(), ...(server?.operator ? { operator: server.operator } : {}) }),
      text: () => [`plugin    ${versionLine()}`, ...operatorLines(server?.operator)].join("\n").concat("\n"),
    });
    if (!server?.error) return;
    process.stderr.write(`error: ${oneLine(server.error, 1024)}\n`);
    process.exitCode = 2;
  });
}

function operatorLines(operator: OperatorState | undefined): string[] {
  if (!operator) return [];
  const { version, why, deployment } = operator;
  if (version === undefined)
    return [`operator  ${oneLine(why ?? `unknown: ${deployment ?? "it runs outside of the cluster"}`)}`];
  const skew = hasSkew(operator, VERSION) ? "; use the plugin of the operator's version" : "";
  return [`operator  ${oneLine(version)} (Deployment ${deployment})${skew}`];
}

async function operatorOn(options: CommonOptions): Promise<{ operator?: OperatorState; error?: string }> {
  try {
    await using session = openSession(options);
    return { operator: await operatorState(new PermittedReader(session.client)) };
  } catch (error) {
    return { error: remedy(error) };
  }
}
