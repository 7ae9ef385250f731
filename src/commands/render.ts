import { Command, Option } from "commander";
import { type FieldProblem, formatProblem } from "../crds/field-problem.ts";
import { MULTUS_INSTALL, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { objectsOf, RenderError, type RenderedInstall, renderInstall } from "../render/render.ts";
import { inputName, readDocuments, toYaml, UnreadableInput } from "./yaml.ts";

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
Warnings go to standard error. Exit code 0: rendered; 1: the MultusInstall is refused; 2: it cannot be read.

Examples:
  multus-operator render -f manifests/samples/multusinstall.yaml
  multus-operator render -f - -o json < multusinstall.yaml | jq .items[].kind`,
    )
    .action((options: RenderOptions) => {
      process.exitCode = render(options);
    });
}

/** Returns the exit code. */
function render({ filename, output }: RenderOptions): number {
  let documents: unknown[];
  try {
    documents = readDocuments(filename);
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const installs = documents.filter(
    (document) => (document as { kind?: string }).kind === MULTUS_INSTALL.kind,
  );
  if (installs.length === 0) {
    process.stderr.write(`${inputName(filename)}: no ${MULTUS_INSTALL.kind} in it\n`);
    return 2;
  }
  if (installs.length > 1) {
    process.stderr.write(
      `error: ${inputName(filename)}: ${installs.length} ${MULTUS_INSTALL.kind}s in it; a cluster has one\n`,
    );
    return 1;
  }
  const install = installs[0];
  const rendered = tryRender(install);
  if (!("stages" in rendered)) {
    for (const problem of rendered) process.stderr.write(`error: ${formatProblem(problem)}\n`);
    return 1;
  }
  for (const warning of rendered.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  const objects = objectsOf(rendered);
  process.stdout.write(
    output === "yaml"
      ? toYaml(objects)
      : `${JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, 2)}\n`,
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
