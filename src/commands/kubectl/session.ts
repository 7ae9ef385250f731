import { type Command, Option } from "commander";
import type { KubeClient } from "../../kube/client.ts";
import { connect } from "../../kube/connection.ts";
import { duration } from "./duration.ts";
import { runOrExplain, UsageError } from "./failure.ts";
import { RetryingClient } from "./retrying-client.ts";

/** kubectl's own flags, which may stand anywhere on the command line. */
export interface CommonOptions {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  as?: string;
  asGroup?: readonly string[];
  asUid?: string;
  requestTimeout?: number;
}

/** A cluster as the user of the plugin sees it, with the user's own rights. */
export interface Session extends AsyncDisposable {
  client: KubeClient;
  /** Of -n, else of the kubeconfig's context, else default. */
  namespace: string;
  /** https://address:port */
  server: string;
}

export function addCommonOptions(program: Command): void {
  program
    .option("--kubeconfig <file>", "kubeconfig; default: KUBECONFIG, ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .addOption(
      new Option(
        "--request-timeout <time>",
        "longest time for one request, such as 5s; default and longest: 60s",
      ).argParser(duration),
    )
    .option("-n, --namespace <name>", "namespace; default: that of the context")
    .option("--as <user>", "act as this user or system:serviceaccount:NAMESPACE:NAME")
    .option("--as-group <group>", "act as a member of this group; can be repeated", collect)
    .option("--as-uid <uid>", "act as the user with this UID");
}

function collect(group: string, before: readonly string[] = []): readonly string[] {
  return [...before, group];
}

/** User impersonation (kubernetes.io, Authentication). Throws a UsageError if a group has no user, as the API server would. */
function impersonation({ as, asGroup = [], asUid }: CommonOptions): Record<string, string | string[]> {
  if (as === undefined && (asGroup.length > 0 || asUid !== undefined))
    throw new UsageError("--as-group and --as-uid need --as");
  return {
    ...(as === undefined ? {} : { "Impersonate-User": as }),
    ...(asGroup.length > 0 ? { "Impersonate-Group": [...asGroup] } : {}),
    ...(asUid === undefined ? {} : { "Impersonate-Uid": asUid }),
  };
}

/** What client-node falls back on if it finds no kubeconfig at all. */
const NO_KUBECONFIG = "http://localhost:8080";

/** Throws a UsageError if the kubeconfig cannot be read or names no cluster. */
export function openSession(options: CommonOptions): Session {
  const { kubeconfig, context, namespace } = options;
  const headers = impersonation(options);
  try {
    const connection = connect({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    if (kubeconfig === undefined && connection.server === NO_KUBECONFIG)
      throw new Error("there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a cluster");
    const current = connection.getContextObject(connection.currentContext);
    return {
      client: new RetryingClient(connection, headers, options.requestTimeout),
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
