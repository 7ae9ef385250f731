import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { compareTexts } from "../crds/compare-texts.ts";
import { toJson } from "../display/text.ts";
import type { SourceFile } from "../validate/documents.ts";
import { findingLine, skippedLine, summaryLine } from "../validate/summary.ts";
import { type Validation, validateFiles } from "../validate/validate.ts";
import { UnreadableInput } from "./errors.ts";
import { printError, readInput } from "./input.ts";

interface ValidateOptions {
  filename: string[];
  output: "text" | "json";
}

/** `validate`: checks manifests offline, for people and for CI. `program` is the program's name in the help. */
export function validateCommand(program = "multus-operator"): Command {
  return new Command("validate")
    .description("check NetworkAttachmentDefinitions, pods and MultusInstalls in files, without a cluster")
    .requiredOption(
      "-f, --filename <file...>",
      'YAML or JSON files, also with several documents or Lists; directories, recursively; "-" reads standard input',
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
The command checks the configurations of NetworkAttachmentDefinitions (JSON, the fields of each CNI plugin and IPAM that
it knows, addresses, versions), the networks that pods and pod templates request, and MultusInstalls. An error is what
Multus or the plugin rejects; a warning is what is ignored or probably not intended. Other kinds are skipped.

One line per finding: file:line:column: severity: object: field: what is wrong [code]
-o json prints one array with one object per finding: file, document (from 0), kind, namespace, name, path, severity,
code, message, line and column.

Exit code 0: no errors; 1: errors; 2: something could not be read.

Examples:
  ${program} validate -f nad.yaml
  ${program} validate -f manifests/ -f more.yaml
  helm template chart | ${program} validate -f -
  kubectl get net-attach-def -A -o yaml | ${program} validate -f - -o json | jq '.[].message'`,
    )
    .action(async (options: ValidateOptions) => {
      process.exitCode = await validate(options, program);
    });
}

/** Returns the exit code. */
async function validate({ filename, output }: ValidateOptions, program: string): Promise<number> {
  const files: SourceFile[] = [];
  let unreadable = false;
  const failed = (problem: string) => {
    printError(problem);
    unreadable = true;
  };
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      failed(error.message);
      return undefined;
    }
  };
  for (const named of filename)
    for (const file of (await attempt(() => filesOf(named))) ?? []) {
      const input = await attempt(() => readInput(file, `${program} validate`));
      input?.problems.forEach(failed);
      if (input) files.push({ file, documents: input.documents });
    }
  const validation = validateFiles(files);
  print(validation, output);
  if (unreadable) return 2;
  return validation.findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

function print(validation: Validation, output: ValidateOptions["output"]): void {
  const { findings } = validation;
  const skipped = skippedLine(validation);
  if (output === "json") {
    process.stdout.write(`${toJson(findings)}\n`);
    if (skipped) printError(skipped);
    return;
  }
  const lines = [...findings.map(findingLine), summaryLine(validation), ...(skipped ? [skipped] : [])];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** A file itself; of a directory, the YAML and JSON files in it and below, in the order of their names. */
function filesOf(named: string): string[] {
  if (named === "-") return ["-"];
  try {
    if (!statSync(named).isDirectory()) return [named];
    return manifestsBelow(named);
  } catch (error) {
    throw new UnreadableInput(`${named}: ${(error as Error).message}`);
  }
}

function manifestsBelow(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).toSorted((a, b) =>
    compareTexts(a.name, b.name),
  );
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    // Hidden ones belong to git, editors or a mounted ConfigMap; a link to a directory may lead in a circle.
    if (entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return manifestsBelow(path);
    return /\.(ya?ml|json)$/i.test(entry.name) && statSync(path).isFile() ? [path] : [];
  });
}
