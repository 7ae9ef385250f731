import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { nodeFilesOf } from "../multus/node-files.ts";
import type { Flavour } from "../multus/releases.ts";
import { cleanLeftovers } from "../node/clean-leftovers.ts";
import { Host } from "../node/host.ts";
import { inspect } from "../node/inspect.ts";
import { installPlugins } from "../node/install-plugins.ts";
import { encodeMessage } from "../node/message.ts";
import { PLUGINS_SOURCE } from "../node/plugin-record.ts";
import { releaseShims } from "../node/release-shims.ts";
import { uninstall } from "../node/uninstall.ts";

interface NodeOptions {
  node: string;
  host: string;
  message: string;
}

interface PlaceOptions extends NodeOptions {
  confDir: string;
}

/** What the operator's one-shot pods run on a node. The result is the pod's termination message. */
export function nodeCommand(): Command {
  return new Command("node")
    .description(
      "inspect this node, remove Multus from it, or install CNI plugins (the operator runs it in pods)",
    )
    .addCommand(inspectCommand())
    .addCommand(cleanCommand())
    .addCommand(pluginsCommand())
    .addCommand(releaseCommand());
}

function inspectCommand(): Command {
  return places(new Command("inspect"))
    .description("print as JSON what CNI and Multus files the node has; changes nothing")
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
    .description("remove from the node what Multus put there, and print the result as JSON")
    .requiredOption("--bin-dir <path>", "the directory that Multus was copied to")
    .requiredOption("--since <time>", "when the install was created; older files stay", time)
    .addOption(
      new Option(
        "--runs <flavor>",
        "the Multus that runs on this node and stays: only files of the others are removed",
      ).choices(["v3", "v4-thin", "v4-thick"]),
    )
    .option(
      "--keep-programs",
      "with --runs: keep programs and kubeconfig, which the runtime needs when older pods terminate",
    )
    .option("--whereabouts", "remove the files of whereabouts, too: the install had it")
    .option("--previous-conf-dir <path>", "a configuration directory that Multus had before")
    .option("--previous-bin-dir <path>", "a directory that Multus was copied to before")
    .addHelpText("after", '\nExit code 0: the node is clean; 1: something remains, see "problems".')
    .action(async (given: CleanOptions) => {
      const { message, host, runs, keepPrograms = false, ...rest } = given;
      const { previousConfDir, previousBinDir, ...places } = rest;
      const options = { ...places, host: new Host(host), now: new Date() };
      const previous = {
        ...(previousConfDir === undefined ? {} : { confDir: previousConfDir }),
        ...(previousBinDir === undefined ? {} : { binDir: previousBinDir }),
      };
      const report = runs
        ? await cleanLeftovers({ ...options, runs: nodeFilesOf(runs), keepPrograms, previous })
        : await uninstall({ ...options, previous });
      answer(report, message);
      if (report.problems.length > 0) process.exitCode = 1;
    });
}

interface CleanOptions extends PlaceOptions {
  binDir: string;
  since: Date;
  runs?: Flavour;
  keepPrograms?: boolean;
  whereabouts?: boolean;
  previousConfDir?: string;
  previousBinDir?: string;
}

function pluginsCommand(): Command {
  return onNode(new Command("plugins"))
    .description(
      "copy CNI plugins to the node; programs that are there and not the operator's stay as they are",
    )
    .requiredOption("--bin-dir <path>", "the CNI plugin directory of the host")
    .requiredOption("--image <reference>", "the image that the programs are from")
    .requiredOption("--plugins <names>", "names of reference plugins, separated by commas")
    .option("--source <path>", "where the image's programs are", PLUGINS_SOURCE)
    .addHelpText("after", '\nExit code 0: they are there; 1: some are not, see "problems".')
    .action(async ({ message, host, plugins, ...given }: PluginsOptions) => {
      const report = await installPlugins({
        ...given,
        host: new Host(host),
        plugins: plugins.split(","),
        architecture: process.arch,
        now: new Date(),
      });
      answer(report, message);
      if (report.problems.length > 0) process.exitCode = 1;
    });
}

interface PluginsOptions extends NodeOptions {
  binDir: string;
  image: string;
  plugins: string;
  source: string;
}

function releaseCommand(): Command {
  return onNode(new Command("release"))
    .description("once the Multus daemon has terminated, release the shims that wait for it")
    .action(async ({ node, host, message }: NodeOptions) =>
      answer(await releaseShims({ node, host: new Host(host), now: () => new Date() }), message),
    );
}

function places(command: Command): Command {
  return onNode(command).requiredOption("--conf-dir <path>", "CNI configuration directory of the host");
}

function onNode(command: Command): Command {
  return command
    .requiredOption("--node <name>", "the node's name")
    .option("--host <path>", "where the host's directories are mounted", "/host")
    .option("--message <file>", "the result is written here too", "/dev/termination-log");
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
