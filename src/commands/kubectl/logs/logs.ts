import { Command, InvalidArgumentError, Option } from "commander";
import { requireInstall } from "../cluster/install.ts";
import { UsageError } from "../errors.ts";
import { atLeastOne, duration } from "../flag-values.ts";
import { type CommonOptions, inSession, type Session } from "../session.ts";
import { existingNodes, nodeChoice } from "./log-nodes.ts";
import { logSourceOf } from "./log-source.ts";
import { LogText } from "./log-text.ts";
import { readManyLogs } from "./many-logs.ts";
import { readLogOnNode } from "./node-log.ts";
import { readPodLog } from "./pod-log.ts";

interface LogsOptions extends CommonOptions {
  node?: string;
  allNodes?: true;
  selector?: string;
  maxLogRequests: number;
  tail?: number;
  since?: number;
  maxBytes: number;
  follow?: true;
  pod?: true;
  image?: string;
  timeout: number;
}

/** More does not fit through the log of a pod: the kubelet starts a new file at 10 MiB. */
const MAX_BYTES = 8 << 20;
const DEFAULT_LINES = 200;
/** As kubectl logs. */
const DEFAULT_AT_ONCE = 5;

export function logsCommand(): Command {
  const command = new Command("logs")
    .description("show the log that Multus writes on a node, or on all nodes")
    .argument("[node]", "the node")
    .option("--node <name>", "the node, as a flag")
    .option("--all-nodes", "all nodes with a Multus pod; each line begins with the node's name")
    .option("-l, --selector <selector>", "the nodes with these labels; each line begins with the node's name")
    .addOption(
      new Option("--max-log-requests <number>", "how many nodes are read at the same time")
        .argParser(atLeastOne)
        .default(DEFAULT_AT_ONCE),
    )
    .addOption(
      new Option(
        "--tail <lines>",
        `number of the newest lines; -1: all within --max-bytes (default: ${DEFAULT_LINES}; with --since: -1)`,
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option("--since <time>", "only lines newer than this duration, such as 5m").argParser(duration),
    )
    .addOption(
      new Option("--max-bytes <bytes>", "how much of the end of the file is read, such as 256Ki; at most 8Mi")
        .argParser(byteCount)
        .default(1 << 20, "1Mi"),
    )
    .option("-f, --follow", "continue until Ctrl-C")
    .option("--pod", "show the output of the Multus pod (its entrypoint or daemon) instead")
    .option("--image <reference>", "image of the reader pod; default: the operator's own")
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for the reader pod to start")
        .argParser(wholeNumber)
        .default(60),
    )
    .addHelpText(
      "after",
      `
The MultusInstall sets how much Multus logs (spec.logging.level) and where (spec.logging.file, below
spec.logging.hostDir). Without a file, the thick daemon logs to the output of its pod, and the thin plugin to the
container runtime.

The file is on the node. To read it, the command runs a pod with the operator's image there for a moment, in the
namespace of Multus. The pod mounts the log directory read-only and is removed afterwards, also after Ctrl-C. This
requires permission to create, get and delete pods and to get pods/log in that namespace. The image is that of the
Deployment whose service account the ClusterRoleBinding multus-operator names; if there is not exactly one, set --image.
Control characters are shown as \\x1b.

Examples:
  kubectl multus logs worker-1                      the last 200 lines
  kubectl multus logs worker-1 --since 10m
  kubectl multus logs worker-1 --tail=-1 > multus.log
  kubectl multus logs worker-1 -f | grep my-pod
  kubectl multus logs --all-nodes --since 5m | grep -i error
  kubectl multus logs worker-1 --pod                the output of the Multus pod itself`,
    );
  inSession<LogsOptions>(command, logs);
  return command;
}

async function logs(
  session: Session,
  options: LogsOptions,
  [positional]: readonly string[],
): Promise<number | undefined> {
  const { since, follow = false, maxLogRequests: atOnce } = options;
  const { node: named } = nodeChoice({ ...options, named: [positional, options.node] });
  const install = await requireInstall(session.client);
  const nodes = await existingNodes(session, install, named, options.selector);
  const source = logSourceOf(install.spec, options.pod ?? false);
  if (source.from === "nothing") throw new UsageError(source.remedy);
  const many = named === undefined;
  if (follow && nodes.length > atOnce)
    throw new UsageError(
      `${nodes.length} nodes match, and -f follows at most ${atOnce}: raise --max-log-requests, or select fewer with -l`,
    );
  const lines = options.tail ?? (since === undefined ? DEFAULT_LINES : -1);
  const range = { lines, bytes: options.maxBytes, follow };
  const oldest = since === undefined ? undefined : Date.now() - since;
  const read = async (node: string, print: (text: string) => void) => {
    const text = new LogText({
      ...(oldest === undefined ? {} : { since: oldest }),
      prefix: many ? `[${node}] ` : "",
    });
    const write = (chunk: Buffer) => print(text.add(chunk));
    if (source.from === "pod")
      await readPodLog(session, { namespace: install.spec.namespace, node }, range, write);
    else
      await readLogOnNode(session.client, {
        install,
        node,
        file: source.file,
        directory: source.directory,
        image: options.image,
        startTimeoutMs: options.timeout * 1000,
        range,
        write,
      });
    print(text.end());
  };
  const print = (text: string) => void process.stdout.write(text);
  if (!many) {
    for (const node of nodes) await read(node, print);
    return undefined;
  }
  // Each reader listens for Ctrl-C and for the end of the pipe.
  for (const emitter of [process, process.stdout]) emitter.setMaxListeners(10 + 4 * atOnce);
  const printError = (line: string) => void process.stderr.write(`${line}\n`);
  return (await readManyLogs({ nodes, atOnce, isLive: follow, read, print, printError })) ? 0 : 2;
}

function wholeNumber(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("it must be a whole number");
  return Number(text);
}

function byteCount(text: string): number {
  const [, digits, unit] = /^(\d{1,9})(Ki|Mi)?$/.exec(text) ?? [];
  const bytes = Number(digits) * (unit === "Mi" ? 1 << 20 : unit === "Ki" ? 1 << 10 : 1);
  if (!(bytes >= 1 && bytes <= MAX_BYTES))
    throw new InvalidArgumentError("it must be a number of bytes, 1 to 8Mi, such as 65536, 256Ki or 1Mi");
  return bytes;
}
