import { Command, Option } from "commander";
import { toJson } from "../display/text.ts";
import { ImportError } from "../import/errors.ts";
import { formatFinding } from "../import/finding.ts";
import { type Imported, importInstall } from "../import/import.ts";
import { UnreadableInput } from "./errors.ts";
import { inputName, printError, readValues } from "./input.ts";
import { toYaml } from "./yaml.ts";

interface ImportOptions {
  filename: string[];
  output: "yaml" | "json";
  strict: boolean;
}

/** `import`: from a handwritten Multus manifest to the MultusInstall that renders it. */
export function importCommand(): Command {
  return new Command("import")
    .description("print the MultusInstall for a handwritten Multus manifest")
    .requiredOption(
      "-f, --filename <file...>",
      'YAML files of the manifest, v3.4 and later; "-" reads standard input',
    )
    .addOption(
      new Option("-o, --output <format>", "yaml: the MultusInstall alone; json: {install, findings}")
        .choices(["yaml", "json"])
        .default("yaml"),
    )
    .option("--strict", "exit 1 if something is lost or cannot work", false)
    .addHelpText(
      "after",
      `
Standard error reports what does not translate directly, one line per setting:
  lost    the setting was in effect, and no field of a MultusInstall sets it
  broken  the setting cannot work, or will stop working, with or without the operator
  note    the setting is expressed in another form, or had no effect

Exit code 0: printed; 1: the manifest has no Multus, or --strict found something; 2: it cannot be read.

Examples:
  multus-operator import -f multus-daemonset.yml > multusinstall.yaml
  multus-operator render -f multusinstall.yaml        what the operator would apply
  multus-operator diff -f multusinstall.yaml          the same against the cluster
  kubectl get daemonset,configmap -n kube-system -l app=multus -o yaml | multus-operator import -f -`,
    )
    .action(async (options: ImportOptions) => {
      process.exitCode = await runImport(options);
    });
}

/** Returns the exit code. */
async function runImport({ filename, output, strict }: ImportOptions): Promise<number> {
  let imported: Imported;
  try {
    const documents: unknown[] = [];
    for (const file of filename) documents.push(...(await readValues(file, "multus-operator import")));
    imported = importInstall(documents);
  } catch (error) {
    if (error instanceof UnreadableInput) {
      printError(error.message);
      return 2;
    }
    if (!(error instanceof ImportError)) throw error;
    printError(`error: ${filename.map(inputName).join(", ")}: ${error.message}`);
    return error.code === "MALFORMED" ? 2 : 1;
  }
  const { install, findings } = imported;
  for (const finding of findings) printError(formatFinding(finding));
  process.stdout.write(output === "yaml" ? toYaml([install]) : `${toJson(imported)}\n`);
  return strict && findings.some(({ kind }) => kind !== "note") ? 1 : 0;
}
