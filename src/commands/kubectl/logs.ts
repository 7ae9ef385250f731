import { Command, InvalidArgumentError, Option } from "commander";
import { ApiError } from "../../kube/errors.ts";
import { type ApiObject, NODES, PODS } from "../../kube/resource.ts";
import { duration } from "./duration.ts";
import { UsageError } from "./failure.ts";
import { requireInstall } from "./install.ts";
import { logSourceOf } from "./log-source.ts";
import { LogText } from "./log-text.ts";
import { podLog, readLogOnNode } from "./node-log.ts";
import type { LogRange } from "./reader-pod.ts";
import { type CommonOptions, inSession, type Session } from "./session.ts";

interface LogsOptions extends CommonOptions {
  node?: string;
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

export function logsCommand(): Command {
  const command = new Command("logs")
    .description("show the log that Multus writes on a node")
    .argument("[node]", "the node")
    .option("--node <name>", "the node, as a flag")
    .addOption(
      new Option(
        "--tail <lines>",
        `number of the newest lines; -1: all within --max-bytes (default: ${DEFAULT_LINES}, with --since -1)`,
      ).argParser(wholeNumber),
    )
    .addOption(new Option("--since <time>", "only lines of this last time, such as 5m").argParser(duration))
    .addOption(
      new Option(
        "--max-bytes <bytes>",
        "longest part of the file's end that is read: 256Ki, 1Mi, at most 8Mi",
      )
        .argParser(byteCount)
        .default(1 << 20, "1Mi"),
    )
    .option("-f, --follow", "continue until Ctrl-C")
    .option("--pod", "the output of the Multus pod instead: of its entrypoint or daemon")
    .option("--image <reference>", "image of the reader pod; default: the operator's own")
    .addOption(
      new Option("--timeout <seconds>", "longest time for the reader pod to start")
        .argParser(wholeNumber)
        .default(60),
    )
    .addHelpText(
      "after",
      `
What Multus logs is set by the MultusInstall: spec.logging.level, and spec.logging.file below spec.logging.hostDir.
Without a file the thick daemon's log is the output of its pod; the thin plugin then logs to the container runtime.

The file is on the node. To read it, a pod of the operator's image runs there for a moment, in the namespace of
Multus, with the log directory mounted read-only; it is removed afterwards, also after Ctrl-C. That needs permission
to create, get and delete pods and to get pods/log there. The image is that of the Deployment whose service account
the ClusterRoleBinding multus-operator names; if that is not exactly one, set it with --image. Control characters are
shown as \\x1b.

Examples:
  kubectl multus logs worker-1                      the last 200 lines
  kubectl multus logs worker-1 --since 10m
  kubectl multus logs worker-1 --tail=-1 > multus.log
  kubectl multus logs worker-1 -f | grep my-pod
  kubectl multus logs worker-1 --pod                the output of the Multus pod itself`,
    );
  inSession<LogsOptions>(command, logs);
  return command;
}

async function logs(
  session: Session,
  options: LogsOptions,
  [positional]: readonly string[],
): Promise<undefined> {
  const { client } = session;
  const node = nodeOf(positional, options.node);
  const { since } = options;
  const install = await requireInstall(client);
  await requireNode(session, node);
  const source = logSourceOf(install.spec, options.pod ?? false);
  const lines = options.tail ?? (since === undefined ? DEFAULT_LINES : -1);
  const range = { lines, bytes: options.maxBytes, follow: options.follow ?? false };
  const text = new LogText(since === undefined ? undefined : Date.now() - since);
  const write = (chunk: Buffer) => void process.stdout.write(text.add(chunk));
  if (source.from === "nothing") throw new UsageError(source.remedy);
  if (source.from === "pod") await readPodLog(session, install.spec.namespace, node, range, write);
  else
    await readLogOnNode(client, {
      install,
      node,
      file: source.file,
      directory: source.directory,
      image: options.image,
      startTimeoutMs: options.timeout * 1000,
      range,
      write,
    });
  process.stdout.write(text.end());
  return undefined;
}

/** Throws a UsageError if there is no node, or two. */
function nodeOf(positional: string | undefined, flag: string | undefined): string {
  const node = positional ?? flag;
  if (node === undefined)
    throw new UsageError("name the node: kubectl multus logs NODE (kubectl multus nodes lists them)");
  if (positional !== undefined && flag !== undefined && positional !== flag)
    throw new UsageError(`two nodes are named, ${positional} and ${flag}: name one`);
  return node;
}

/** Otherwise a typing error in a node's name would be a pod that waits forever. */
async function requireNode({ client }: Session, node: string): Promise<void> {
  try {
    if (await client.get({ type: NODES, name: node })) return;
    const { items } = await client.list(NODES);
    const names = items.map(({ metadata }) => metadata.name);
    const shown = names.length > 20 ? `${names.slice(0, 20).join(", ")} …` : names.join(", ");
    throw new UsageError(`there is no node ${node} (existing: ${shown})`);
  } catch (error) {
    // A user who may create pods need not be allowed to list nodes.
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
  }
}

async function readPodLog(
  { client }: Session,
  namespace: string,
  node: string,
  range: LogRange,
  write: (chunk: Buffer) => void,
): Promise<void> {
  const { items } = await client.list<ApiObject>(PODS, {
    namespace,
    labelSelector: "app=multus,name=multus",
    fieldSelector: `spec.nodeName=${node}`,
  });
  const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? items[0];
  if (!pod)
    throw new UsageError(
      `no Multus pod runs on ${node}: kubectl multus nodes and kubectl multus status show where one should, and why it does not`,
    );
  const ref = { type: PODS, namespace, name: pod.metadata.name };
  const wanted = { container: "kube-multus", follow: range.follow, tail: range.lines };
  if (range.follow) await podLog(client, ref, { ...wanted, write });
  else {
    const end = new ByteWindow(range.bytes);
    await podLog(client, ref, { ...wanted, write: (chunk) => end.add(chunk) });
    write(end.content());
  }
}

/** The last bytes of a stream. (The API's limitBytes would give the first.) */
class ByteWindow {
  readonly #size: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length - (this.#chunks[0]?.length ?? 0) >= this.#size)
      this.#length -= this.#chunks.shift()?.length ?? 0;
  }

  content(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#size));
  }
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
