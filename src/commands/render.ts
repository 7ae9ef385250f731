import { Command, Option } from "commander";
import { type FieldProblem, formatProblem } from "../crds/field-problem.ts";
import { MULTUS_INSTALL, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { toJson } from "../display/text.ts";
import { RenderError } from "../render/errors.ts";
import { type RenderedInstall, renderInstall } from "../render/render.ts";
import { UnreadableInput } from "./errors.ts";
import { inputName, printError, readValues } from "./input.ts";
import { toYaml } from "./yaml.ts";

interface RenderOptions {
  filename: string;
  output: "yaml" | "json";
}

/** `render`: what the operator would apply, for review, GitOps and bug reports. */
export function renderCommand(): Command {
  return new Command("render")
    .description("print the Kubernetes objects of a MultusInstall, without a cluster")
    .requiredOption("-f, --filename <file>", 'YAML file with one MultusInstall; "-" reads standard input')
    .addOption(new Option("-o, --output <format>", "output format").choices(["yaml", "json"]).default("yaml"))
    .addHelpText(
      "after",
      `
Warnings go to standard error. Exit code 0: rendered; 1: the MultusInstall is not valid; 2: it cannot be read.

Examples:
  multus-operator render -f manifests/samples/multusinstall.yaml
  multus-operator render -f - -o json < multusinstall.yaml | jq .items[].kind`,
    )
    .action(async (options: RenderOptions) => {
      process.exitCode = await render(options);
    });
}

/** Returns the exit code. */
async function render({ filename, output }: RenderOptions): Promise<number> {
  let documents: unknown[];
  try {
    documents = await readValues(filename, "multus-operator render");
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    printError(error.message);
    return 2;
  }
  const installs = documents.filter(
    (document) => (document as { kind?: string }).kind === MULTUS_INSTALL.kind,
  );
  if (installs.length === 0) {
    printError(
      `error: ${inputName(filename)}: it must contain one ${MULTUS_INSTALL.kind}, and contains none`,
    );
    return 2;
  }
  if (installs.length > 1) {
    printError(
      `error: ${inputName(filename)}: it must contain one ${MULTUS_INSTALL.kind}, and contains ${installs.length}`,
    );
    return 1;
  }
  const install = installs[0];
  const rendered = tryRender(install);
  if (!("objects" in rendered)) {
    for (const problem of rendered) printError(`error: ${formatProblem(problem)}`);
    return 1;
  }
  for (const warning of rendered.warnings) printError(`warning: ${formatProblem(warning)}`);
  const objects = rendered.objects;
  process.stdout.write(
    output === "yaml" ? toYaml(objects) : `${toJson({ apiVersion: "v1", kind: "List", items: objects })}\n`,
  );
  return 0;
}

function tryRender(document: unknown): RenderedInstall | readonly FieldProblem[] {
  const parsed = parseMultusInstall(document);
  if (!parsed.ok) return parsed.problems;
  try {
    return renderInstall(parsed.value);
  } catch (error) {
    if (error instanceof RenderError) return error.problems;
    throw error;
  }
}
