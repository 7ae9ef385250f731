import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { YAMLException } from "js-yaml";
import { parseDocuments } from "../validate/documents.ts";
import { findingLine, skippedLine, summaryLine } from "../validate/summary.ts";
import { type SourceFile, type Validation, validateFiles } from "../validate/validate.ts";
import { inputName, UnreadableInput } from "./yaml.ts";

interface ValidateOptions {
  filename: string[];
  output: "text" | "json";
}

/** `validate`: checks manifests offline, for people and for CI. `program` is how help calls the program. */
export function validateCommand(program = "multus-operator"): Command {
  return new Command("validate")
    .description("check NetworkAttachmentDefinitions, pods and MultusInstalls in files, without a cluster")
    .requiredOption(
      "-f, --filename <file...>",
      'YAML or JSON files, of several documents or Lists too; directories, with all below; "-" reads standard input',
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Checked are the configuration in a NetworkAttachmentDefinition (JSON, the fields of each CNI plugin and IPAM that is
known, addresses, versions), the networks that pods and pod templates ask for, and MultusInstalls. An error is what
Multus or the plugin refuses; a warning is what is ignored or surely unintended. Other kinds are passed over.

Each finding is a line: file:line:column: severity: object: field, what is wrong [code]
-o json prints one array; an object a finding, with file, document (from 0), kind, namespace, name, path, severity,
code, message, line and column.

Exit code 0: no errors; 1: errors; 2: something could not be read.

Examples:
  ${program} validate -f nad.yaml
  ${program} validate -f manifests/ -f more.yaml
  helm template chart | ${program} validate -f -
  kubectl get net-attach-def -A -o yaml | ${program} validate -f - -o json | jq '.[].message'`,
    )
    .action((options: ValidateOptions) => {
      process.exitCode = validate(options);
    });
}

/** Returns the exit code. */
function validate({ filename, output }: ValidateOptions): number {
  const files: SourceFile[] = [];
  let unreadable = false;
  const complain = (error: unknown) => {
    if (!(error instanceof UnreadableInput)) throw error;
    process.stderr.write(`${error.message}\n`);
    unreadable = true;
  };
  for (const named of filename)
    try {
      for (const file of filesOf(named))
        try {
          files.push({ file, documents: read(file) });
        } catch (error) {
          complain(error);
        }
    } catch (error) {
      complain(error);
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
    process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    if (skipped) process.stderr.write(`${skipped}\n`);
    return;
  }
  const lines = [...findings.map(findingLine), summaryLine(validation), ...(skipped ? [skipped] : [])];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function read(file: string): SourceFile["documents"] {
  try {
    return parseDocuments(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    if (error instanceof YAMLException) {
      const at = error.mark ? `:${error.mark.line + 1}:${error.mark.column + 1}` : "";
      throw new UnreadableInput(`${inputName(file)}${at}: not YAML: ${error.reason}`);
    }
    throw new UnreadableInput(`${inputName(file)}: ${(error as Error).message}`);
  }
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
    a.name < b.name ? -1 : 1,
  );
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    // Hidden ones are git's, editors' and a mounted ConfigMap's own; a link to a directory may lead in a circle.
    if (entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return manifestsBelow(path);
    return /\.(ya?ml|json)$/i.test(entry.name) && statSync(path).isFile() ? [path] : [];
  });
}
