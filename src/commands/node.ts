import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { clean } from "../node/clean.ts";
import { Host } from "../node/host.ts";
import { inspect } from "../node/inspect.ts";
import { encodeMessage } from "../node/message.ts";

interface PlaceOptions {
  node: string;
  host: string;
  confDir: string;
  message: string;
}

/** What the operator's one-shot pods run on a node. The answer is the pod's termination message. */
export function nodeCommand(): Command {
  return new Command("node")
    .description(
      "look at the node that this runs on, or take Multus away from it (run in pods by the operator)",
    )
    .addCommand(inspectCommand())
    .addCommand(cleanCommand());
}

function inspectCommand(): Command {
  return places(new Command("inspect"))
    .description("print as JSON what of CNI and Multus is on the node; changes nothing")
    .requiredOption("--bin-dir <path...>", "CNI plugin directories of the host")
    .action(async ({ node, host, confDir, message, binDir }: PlaceOptions & { binDir: string[] }) => {
      const found = await inspect({
        node,
        host: new Host(host),
        confDir,
        binDirs: binDir,
        linksDir: "/sys/class/net",
        now: new Date(),
      });
      answer(found, message);
    });
}

function cleanCommand(): Command {
  return places(new Command("clean"))
    .description("remove from the node what Multus put there, and print as JSON what was done")
    .requiredOption("--bin-dir <path>", "the directory that Multus was copied to")
    .requiredOption(
      "--since <time>",
      "when the install was made; what was changed last before it stays",
      time,
    )
    .addHelpText("after", '\nExit code 0: the node is clean; 1: something is left, see "problems".')
    .action(
      async ({
        node,
        host,
        confDir,
        message,
        binDir,
        since,
      }: PlaceOptions & { binDir: string; since: Date }) => {
        const report = await clean({ node, host: new Host(host), confDir, binDir, since, now: new Date() });
        answer(report, message);
        if (report.problems.length > 0) process.exitCode = 1;
      },
    );
}

function places(command: Command): Command {
  return command
    .requiredOption("--node <name>", "the node's name")
    .requiredOption("--conf-dir <path>", "CNI configuration directory of the host")
    .option("--host <path>", "where the host's directories are mounted", "/host")
    .option("--message <file>", "the answer goes here too", "/dev/termination-log");
}

function answer(value: Parameters<typeof encodeMessage>[0], file: string): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  writeFileSync(file, encodeMessage(value));
}

function time(text: string): Date {
  const value = new Date(text);
  if (Number.isNaN(value.getTime()))
    throw new InvalidArgumentError("it must be a time, such as 2026-11-24T12:00:00Z");
  return value;
}
