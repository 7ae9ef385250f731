import { hostname } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import type { WebhookSettings } from "../controllers/admission/admission.ts";
import { ROLLOUT_DEADLINE_SECONDS } from "../controllers/install/rollout/progress.ts";
import { connect } from "../kube/connection.ts";
import { MultusOperator } from "../operator.ts";
import type { OperatorImage } from "../render/operator-image.ts";
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from "../telemetry/logger.ts";

/** Less than the pod's terminationGracePeriodSeconds. */
const MAX_STOP_MS = 10_000;

interface RunOptions {
  kubeconfig?: string;
  context?: string;
  logLevel: LogLevel;
  healthPort: number;
  leaderElection: boolean;
  namespace: string;
  webhookPort?: number;
  webhookHost?: string;
  webhookUrl?: string;
  replica: string;
  nodeImage?: string;
  nodeImagePullPolicy: string;
  nodeImagePullSecrets?: string;
  rolloutDeadline: number;
}

export function runCommand(): Command {
  const command = new Command("run").description("run the operator until it receives SIGTERM or SIGINT");
  for (const option of [...processOptions(), ...webhookOptions(), ...nodeOptions()])
    command.addOption(option);
  return command.action(run);
}

function processOptions(): Option[] {
  return [
    new Option(
      "--kubeconfig <file>",
      "kubeconfig; default: KUBECONFIG, ~/.kube/config, or the pod's service account",
    ),
    new Option("--context <name>", "context of the kubeconfig"),
    new Option("--log-level <level>", "least severe level that is logged")
      .choices(LOG_LEVELS)
      .default("info"),
    new Option("--health-port <port>", "port of /healthz, /readyz and /metrics; 0: any free port")
      .default(8080)
      .argParser(port),
    new Option("--no-leader-election", "lead immediately; for a single replica"),
    new Option("--namespace <name>", "the operator's namespace, which holds the leader's Lease")
      .default("multus-operator")
      .env("POD_NAMESPACE"),
  ];
}

function webhookOptions(): Option[] {
  return [
    new Option("--webhook-port <port>", "port of the admission webhook; default: no webhook").argParser(port),
    new Option("--webhook-host <address>", "address that the webhook listens on; default: all addresses"),
    new Option(
      "--webhook-url <url>",
      "https://HOST at which the API server reaches this process; default: the Service multus-operator-webhook",
    ),
    new Option(
      "--replica <name>",
      "name under which this replica publishes the webhook's certificate; default: the host name. A pod with hostNetwork has its node's host name, and needs the pod's name here",
    )
      .default(hostname())
      .env("POD_NAME"),
  ];
}

/** How Multus is rolled out to nodes, and how they are inspected and cleaned. */
function nodeOptions(): Option[] {
  return [
    new Option(
      "--node-image <reference>",
      "this program's own image, for the pods that inspect and clean nodes; without it, nodes are neither inspected nor cleaned",
    ).env("NODE_IMAGE"),
    new Option("--node-image-pull-policy <policy>", "when kubelets pull that image")
      .choices(["Always", "IfNotPresent", "Never"])
      .default("IfNotPresent")
      .env("NODE_IMAGE_PULL_POLICY"),
    new Option(
      "--node-image-pull-secrets <names>",
      "pull secrets for that image, separated by commas, in the namespaces of the installs",
    ).env("NODE_IMAGE_PULL_SECRETS"),
    new Option(
      "--rollout-deadline <seconds>",
      "a rollout without progress for longer than this is stuck, and is rolled back if spec.rollout.rollback is set",
    )
      .default(ROLLOUT_DEADLINE_SECONDS)
      .argParser(seconds),
  ];
}

async function run(options: RunOptions): Promise<void> {
  const { kubeconfig, context, logLevel, healthPort, leaderElection, namespace } = options;
  const log = createLogger(logLevel);
  // Also of an unhandled rejection. What such a fault leaves behind is unknown: the process ends at once.
  process.on("uncaughtException", (error, origin) => {
    log.fatal({ err: error, origin }, "uncaught error; the operator exits");
    process.exit(1);
  });
  const operator = new MultusOperator({
    connection: connect({ ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) }),
    log,
    healthPort,
    leaseNamespace: leaderElection ? namespace : undefined,
    namespace,
    webhook: webhookOf(options),
    taskImage: taskImageOf(options),
    rolloutDeadlineSeconds: options.rolloutDeadline,
  });
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      stopping = true;
      log.info({ signal }, "received a signal; stopping");
      endSoon();
      void stop(operator, log).then((isClean) => process.exit(isClean ? 0 : 1));
    });
  try {
    await operator.start();
  } catch (error) {
    if (stopping) return;
    log.fatal({ err: error }, "the operator could not start; it exits");
    endSoon();
    await stop(operator, log);
    process.exit(1);
  }
}

/** Stops it; false, and a log line, if something of it could not be stopped. */
async function stop(operator: MultusOperator, log: Logger): Promise<boolean> {
  try {
    await operator.stop();
    return true;
  } catch (error) {
    log.error({ err: error }, "the operator could not stop cleanly");
    return false;
  }
}

function taskImageOf(options: RunOptions): OperatorImage | undefined {
  if (!options.nodeImage) return undefined;
  return {
    reference: options.nodeImage,
    pullPolicy: options.nodeImagePullPolicy,
    pullSecrets: (options.nodeImagePullSecrets ?? "").split(",").filter(Boolean),
  };
}

/** A request that hangs must not keep a process that has lost its lease, or that Kubernetes is about to kill. */
function endSoon(): void {
  setTimeout(() => process.exit(1), MAX_STOP_MS).unref();
}

function webhookOf({
  webhookPort,
  webhookHost,
  webhookUrl,
  replica,
}: RunOptions): WebhookSettings | undefined {
  if (webhookPort === undefined) return undefined;
  return { port: webhookPort, host: webhookHost, url: webhookUrl, replica };
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError("it must be a port, 0 to 65535");
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("it must be whole seconds, 1 or more");
  return value;
}
