import { Command, Option } from "commander";
import { preview } from "../controllers/install/adoption/preview.ts";
import { formatProblem } from "../crds/field-problem.ts";
import { MULTUS_INSTALL, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { previewText } from "../diff/report.ts";
import { toJson } from "../display/text.ts";
import { KubeClient } from "../kube/client.ts";
import { type Connection, connect } from "../kube/connection.ts";
import { ApiError, NetworkError } from "../kube/errors.ts";
import { RenderError } from "../render/errors.ts";
import { UnreadableInput } from "./errors.ts";
import { inputName, printError, readValues } from "./input.ts";
import { describeFailure } from "./request-failure.ts";

interface DiffOptions {
  filename: string;
  kubeconfig?: string;
  context?: string;
  output: "text" | "json";
}

/** `diff`: what the operator would change in a cluster for a MultusInstall that is not applied yet. */
export function diffCommand(): Command {
  return new Command("diff")
    .description("show what a MultusInstall would change in the cluster, without changing anything")
    .requiredOption("-f, --filename <file>", 'YAML file with one MultusInstall; "-" reads standard input')
    .option(
      "--kubeconfig <file>",
      "kubeconfig; default: KUBECONFIG, ~/.kube/config, or the pod's service account",
    )
    .option("--context <name>", "context of the kubeconfig")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
The command applies each object to the API server in a dry run (server-side apply), which requires permission to patch the
objects of an install. \`render\` shows the objects offline.

  + new   - deleted   ~ changed   ! owned by other field managers, and would not be adopted
  = set by another field manager on an object of the operator; it stays, and is not a change

Exit code 0: nothing would change; 1: something would; 2: it cannot be determined.

Examples:
  multus-operator diff -f multusinstall.yaml
  multus-operator import -f multus-daemonset.yml | multus-operator diff -f -
  multus-operator diff -f multusinstall.yaml -o json | jq '.changes[].object'`,
    )
    .action(async (options: DiffOptions) => {
      process.exitCode = await diff(options);
    });
}

/** Returns the exit code. */
async function diff({ filename, kubeconfig, context, output }: DiffOptions): Promise<number> {
  let connection: Connection | undefined;
  try {
    const install = await readInstall(filename);
    connection = connect({ ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) });
    const found = await preview(new KubeClient(connection), install);
    const colours = process.stdout.isTTY && !process.env.NO_COLOR;
    process.stdout.write(output === "json" ? `${toJson(found)}\n` : previewText(found, colours));
    return found.changes.length > 0 ? 1 : 0;
  } catch (error) {
    const problems = error instanceof RenderError ? error.problems.map(formatProblem) : [reasonOf(error)];
    for (const problem of problems) printError(`error: ${problem}`);
    return 2;
  } finally {
    await connection?.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NetworkError || error instanceof ApiError) return describeFailure(error);
  return error instanceof Error ? error.message : String(error);
}

/** Throws an UnreadableInput if the file does not hold exactly one MultusInstall, and a valid one. */
async function readInstall(filename: string) {
  const found = (await readValues(filename, "multus-operator diff")).filter(
    (document) => (document as { kind?: string }).kind === MULTUS_INSTALL.kind,
  );
  if (found.length !== 1)
    throw new UnreadableInput(
      `${inputName(filename)}: it must contain one ${MULTUS_INSTALL.kind}, and contains ${found.length === 0 ? "none" : found.length}`,
    );
  const parsed = parseMultusInstall(found[0]);
  if (!parsed.ok) throw new UnreadableInput(parsed.problems.map(formatProblem).join("; "));
  return parsed.value;
}
