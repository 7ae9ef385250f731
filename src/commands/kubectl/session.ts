import { type Command, InvalidArgumentError, Option } from "commander";
import { printable } from "../../display/text.ts";
import type { KubeClient, RequestInfo } from "../../kube/client.ts";
import { connect } from "../../kube/connection.ts";
import { RetryingClient } from "./cluster/retrying-client.ts";
import { UsageError } from "./errors.ts";
import { runOrExplain } from "./failure.ts";
import { duration } from "./flag-values.ts";

/** kubectl's own flags, which may stand anywhere on the command line. */
export interface CommonOptions {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  as?: string;
  asGroup?: readonly string[];
  asUid?: string;
  requestTimeout?: number;
  v?: number;
}

/** A cluster as the user of the plugin sees it, with the user's own rights. */
export interface Session extends AsyncDisposable {
  client: KubeClient;
  /** Of -n, else of the kubeconfig's context, else default. */
  namespace: string;
  /** https://address:port */
  server: string;
}

/** kubectl's own level for this (-v=6). */
const SHOWS_REQUESTS = 6;

export function addCommonOptions(program: Command): void {
  program
    .option("--kubeconfig <file>", "kubeconfig; default: KUBECONFIG, ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .addOption(
      new Option(
        "--request-timeout <time>",
        "timeout of one request, such as 5s; default and maximum: 60s",
      ).argParser(duration),
    )
    .addOption(
      new Option(
        "-v, --v <level>",
        `log level, as kubectl's; from ${SHOWS_REQUESTS} on each request is shown on standard error`,
      ).argParser(level),
    )
    .option("-n, --namespace <name>", "namespace; default: that of the context")
    .option("--as <user>", "act as this user or system:serviceaccount:NAMESPACE:NAME")
    .option("--as-group <group>", "act as a member of this group; can be repeated", collect)
    .option("--as-uid <uid>", "act as the user with this UID");
}

function level(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError("it must be a number from 0 to 10, such as 6");
  return Number(text);
}

function showRequest(request: RequestInfo, status: number, milliseconds: number): void {
  const query = new URLSearchParams(request.query).toString();
  const answer = status === 0 ? "no answer" : String(status);
  process.stderr.write(
    `${printable(`${request.method} ${request.path}${query ? `?${query}` : ""}`)} ${answer} in ${Math.round(milliseconds)} ms\n`,
  );
}

function collect(group: string, before: readonly string[] = []): readonly string[] {
  return [...before, group];
}

/** Throws a UsageError if the kubeconfig cannot be read, names no cluster, or no user to act as with a group. */
export function openSession(options: CommonOptions): Session {
  const { kubeconfig, context, namespace, as, asUid, asGroup } = options;
  try {
    const connection = connect({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      impersonate: { user: as, uid: asUid, groups: asGroup },
    });
    const current = connection.getContextObject(connection.currentContext);
    return {
      client: new RetryingClient(connection, {
        ...(options.requestTimeout === undefined ? {} : { timeoutMs: options.requestTimeout }),
        ...((options.v ?? 0) >= SHOWS_REQUESTS ? { onAnswer: showRequest } : {}),
      }),
      namespace: namespace ?? (current?.namespace || "default"),
      server: connection.server,
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (error) {
    throw new UsageError(`${(error as Error).message} (check --kubeconfig and --context)`);
  }
}

/**
 * The action of a command: runs `body` with a session, sets the exit code that it returns (0 if it returns
 * none), and turns what it throws into a sentence on standard error and exit code 2.
 */
export function inSession<Options extends CommonOptions>(
  command: Command,
  body: (session: Session, options: Options, args: readonly string[]) => Promise<number | undefined>,
): void {
  command.action(async () => {
    const options = command.optsWithGlobals<Options>();
    process.exitCode = await runOrExplain(async () => {
      await using session = openSession(options);
      return await body(session, options, command.args);
    });
  });
}
