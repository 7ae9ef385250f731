import { StringDecoder } from "node:string_decoder";
import { Command, InvalidArgumentError, Option } from "commander";
import { printable } from "../../display/text.ts";
import { ApiError } from "../../kube/errors.ts";
import { type ApiObject, NODES, PODS } from "../../kube/resource.ts";
import { UsageError } from "./failure.ts";
import { requireInstall } from "./install.ts";
import { logSourceOf } from "./log-source.ts";
import { podLog, readLogOnNode } from "./node-log.ts";
import type { LogRange } from "./reader-pod.ts";
import { type CommonOptions, inSession, type Session } from "./session.ts";

interface LogsOptions extends CommonOptions {
  node: string;
  tail: number;
  maxBytes: number;
  follow?: true;
  pod?: true;
  image?: string;
  timeout: number;
}

/** More than this does not fit through the log of a pod: the kubelet begins a new file at 10 MiB. */
const MAX_BYTES = 8 << 20;

export function logsCommand(): Command {
  const command = new Command("logs")
    .description("show the log that Multus writes on a node")
    .requiredOption("--node <name>", "the node")
    .addOption(
      new Option("--tail <lines>", "so many of the newest lines; -1: all within --max-bytes")
        .argParser(wholeNumber)
        .default(200),
    )
    .addOption(
      new Option("--max-bytes <bytes>", "read no more of the file's end than this; 256Ki, 1Mi, at most 8Mi")
        .argParser(byteCount)
        .default(1 << 20, "1Mi"),
    )
    .option("-f, --follow", "go on until Ctrl-C")
    .option("--pod", "the output of the Multus pod instead: what its entrypoint or daemon says")
    .option("--image <reference>", "image of the reader pod; default: the operator's own")
    .addOption(
      new Option("--timeout <seconds>", "how long the reader pod may take to start")
        .argParser(wholeNumber)
        .default(60),
    )
    .addHelpText(
      "after",
      `
What Multus logs is set by the MultusInstall: spec.logging.level, and spec.logging.file below spec.logging.hostDir.
Without a file the thick daemon's log is the output of its pod; the thin plugin then logs to the container runtime.

The file lies on the node. To read it, a pod of the operator's image runs there for a moment, in the namespace of
Multus, with the log directory mounted read-only; it is removed again, also after Ctrl-C. That takes the permissions
to create, get and delete pods and to get pods/log there. On a terminal control characters are shown as \\x1b.

Examples:
  kubectl multus logs --node worker-1                      the last 200 lines
  kubectl multus logs --node worker-1 --tail=-1 > multus.log
  kubectl multus logs --node worker-1 -f | grep my-pod
  kubectl multus logs --node worker-1 --pod                what the Multus pod itself says`,
    );
  inSession<LogsOptions>(command, logs);
  return command;
}

async function logs(session: Session, options: LogsOptions): Promise<undefined> {
  const { client } = session;
  const { node } = options;
  const install = await requireInstall(client);
  await requireNode(session, node);
  const source = logSourceOf(install.spec, options.pod ?? false);
  const range = { lines: options.tail, bytes: options.maxBytes, follow: options.follow ?? false };
  const write = writer();
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
  return undefined;
}

/** A typing error in a node's name would else be a pod that waits for ever. */
async function requireNode({ client }: Session, node: string): Promise<void> {
  try {
    if (await client.get({ type: NODES, name: node })) return;
    const { items } = await client.list(NODES);
    const names = items.map(({ metadata }) => metadata.name);
    const shown = names.length > 20 ? `${names.slice(0, 20).join(", ")} …` : names.join(", ");
    throw new UsageError(`there is no node ${node} (there are: ${shown})`);
  } catch (error) {
    // Who may run a pod need not be allowed to look at nodes.
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
      `no Multus pod runs on ${node}: kubectl multus status says on which nodes one should, and why not`,
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

/** Bytes as they are into a file or pipe; on a terminal nothing that it would obey. */
function writer(): (chunk: Buffer) => void {
  if (!process.stdout.isTTY) return (chunk) => void process.stdout.write(chunk);
  const decoder = new StringDecoder("utf8");
  return (chunk) => void process.stdout.write(printable(decoder.write(chunk)));
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
